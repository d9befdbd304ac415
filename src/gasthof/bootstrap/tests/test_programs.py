"""supervisord.conf, read back by the parser that supervisor uses."""

import configparser
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.platform import ROOT

from gasthof.bootstrap.place import Place
from gasthof.bootstrap.programs import environment, programs, render
from gasthof.prefix import Prefix

PLACE = Place(Path("/srv/gasthof"), Path("/srv/gasthof"), Path("/srv/gasthof/var"), Path("/srv/gasthof/var"))
PREFIX = Prefix(Path("/srv/gasthof/var"))
NAMES = [one.name for one in programs(PREFIX, PLACE)]


@pytest.fixture
def parsed() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string(render(PREFIX, PLACE))
    return parser


def test_every_program_has_its_section(parsed: configparser.ConfigParser) -> None:
    assert NAMES[0] == "postgres" and NAMES[-4:] == ["agent", "worker", "panel", "panel-nginx"]
    assert {"verifier", "activator", "nginx", "logsplit"} < set(NAMES) and len(set(NAMES)) == len(NAMES)
    assert [name for name in parsed.sections() if name.startswith("program:")] == [f"program:{name}" for name in NAMES]


def test_commands_come_back_as_they_were(parsed: configparser.ConfigParser) -> None:
    for program in programs(PREFIX, PLACE):
        assert tuple(shlex.split(parsed[f"program:{program.name}"]["command"])) == program.command
        assert Path(program.command[0]).is_absolute()


def test_users_and_signals(parsed: configparser.ConfigParser) -> None:
    users = {name: parsed[f"program:{name}"]["user"] for name in NAMES}
    assert users["panel"] == users["worker"] == "gasthof-panel"
    assert users["verifier"] == "gasthof-verify" and users["postgres"] == "postgres"
    signals = {name: parsed[f"program:{name}"]["stopsignal"] for name in NAMES}
    assert signals["postgres"] == "INT" and signals["nginx"] == signals["panel-nginx"] == "QUIT"


def test_customers_php_outlives_its_activator(parsed: configparser.ConfigParser) -> None:
    section = parsed["program:activator"]
    assert not section.getboolean("stopasgroup") and not section.getboolean("killasgroup")
    assert parsed["program:panel"].getboolean("killasgroup")


def test_logs_turn_over_and_are_roots_alone(parsed: configparser.ConfigParser) -> None:
    assert parsed["supervisord"]["umask"] == "077"
    assert int(parsed["supervisord"]["minfds"]) <= 20_000
    for name in NAMES:
        section = parsed[f"program:{name}"]
        assert section["stdout_logfile"] == f"/srv/gasthof/var/logs/{name}.log"
        assert section["stdout_logfile_maxbytes"] == "10MB" and int(section["stdout_logfile_backups"]) > 0
        assert section["umask"] == "022" and section["directory"] == "/"


def test_the_environment_stands_in_the_configuration(parsed: configparser.ConfigParser) -> None:
    for name in NAMES:
        words = shlex.split(parsed[f"program:{name}"]["environment"].replace(",", " "))
        assert dict(word.split("=", 1) for word in words) == environment(PREFIX, PLACE)


def test_percent_signs_survive() -> None:
    prefix = Prefix(Path("/srv/100%"))
    parser = configparser.ConfigParser()
    parser.read_string(render(prefix, PLACE))
    assert parser["unix_http_server"]["file"] == "/srv/100%/supervisor/supervisor.sock"


def test_processes_get_nothing_of_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/elsewhere.pem")
    values = environment(PREFIX, PLACE)
    assert "REQUESTS_CA_BUNDLE" not in values and "HTTPS_PROXY" not in values
    assert values["GASTHOF_PREFIX"] == "/srv/gasthof/var" and values["LANG"] == "C.UTF-8"


def test_what_slices_bring_is_known_before_any_package_is_there() -> None:
    """`up` asks it of Debian's bare Python."""
    code = "from gasthof.agent import daemons; assert list(daemons.installed()); import gasthof.bootstrap.up"
    command = ["/usr/bin/python3", "-S", "-c", code]
    done = subprocess.run(command, check=False, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
