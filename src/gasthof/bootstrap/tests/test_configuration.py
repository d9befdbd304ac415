"""config.toml, and what is made once for each installation."""

import tomllib
from pathlib import Path

import pytest

from gasthof.bootstrap import configuration
from gasthof.bootstrap.command import main
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import DEFAULT_PORTS, Prefix, Unreadable
from gasthof.slices.cards.node.daemons import programs


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    prefix = configuration.planned(tmp_path, {"panel": 9443})
    assert configuration.write(prefix) and not configuration.write(prefix)
    assert Prefix.load(tmp_path) == prefix
    told = tomllib.loads((tmp_path / "config.toml").read_text())
    assert told["ports"] == DEFAULT_PORTS | {"panel": 9443}
    assert told["node"]["host"] == "server.gasthof.test"


def test_ports_stay_until_the_operator_changes_them(tmp_path: Path) -> None:
    configuration.write(configuration.planned(tmp_path, {"panel": 9443}))
    again = configuration.planned(tmp_path, {"http": 9080})
    assert (again.ports["panel"], again.ports["http"]) == (9443, 9080)


def test_two_installations_share_no_uid(tmp_path: Path) -> None:
    first, second = configuration.uid_base(tmp_path / "a"), configuration.uid_base(tmp_path / "b")
    assert abs(first - second) >= configuration.UIDS_EACH
    assert first == configuration.uid_base(tmp_path / "a")
    assert first + configuration.UIDS_EACH < 2**31


def test_uids_stay_when_the_prefix_is_known(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[node]\nuid_base = 7000000\n")
    assert configuration.planned(tmp_path, {}).uid_base == 7_000_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[node\n", "cannot be read.*line 1"),
        ("[node]\nhost = 'gr\xfc\xdfe'\n".encode("latin-1"), "cannot be read.*utf-8"),
        ("node = 3\n", "'node'"),
        ("[nodes]\n", "'nodes': its sections are node, panel, mail, webhooks, cards, ports"),
        ("[mail]\nrealy = 'smtp://mx.test'\n", r"'realy' below \[mail\]: there is relay, from"),
        ("[ports]\npanel = '8443'\n", r"panel below \[ports\] must be a number"),
        ("[ports]\npanel = true\n", "must be a number"),
        ("[node]\nhost = 3\n", "must be text"),
        ("[webhooks]\nnetworks = '127.0.0.0/8'\n", "must be a list"),
        ("[webhooks]\nnetworks = ['127.0.0.1/8']\n", r"networks below \[webhooks\]: .* host bits"),
        ("[cards]\nnetwork = 'visa'\n", r"network below \[cards\] is one of: tryout, none"),
    ],
)
def test_what_cannot_be_meant_is_said_and_not_dropped(tmp_path: Path, text: str | bytes, words: str) -> None:
    given = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "config.toml").write_bytes(given)
    with pytest.raises(Unreadable, match=f"config.toml.*{words}"):
        configuration.planned(tmp_path, {})


@pytest.mark.parametrize(("said", "runs"), [("", True), ("[cards]\nnetwork = 'none'\n", False)])
def test_the_card_network_that_moves_no_money_comes_with_the_demo_alone(tmp_path: Path, said: str, runs: bool) -> None:
    (tmp_path / "config.toml").write_text(said)
    plain = configuration.planned(tmp_path, {})
    assert not plain.takes_cards and not programs(plain, "python")
    tryout = configuration.for_tryout(plain)
    assert tryout.takes_cards == runs == bool(programs(tryout, "python"))
    configuration.write(tryout)
    assert Prefix.load(tmp_path).takes_cards == runs


@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "plan"])
def test_every_command_says_so_in_a_sentence(tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.toml").write_text("[node\n")
    assert main(Path(__file__).parents[4], [command, "--prefix", str(tmp_path)]) == 1
    assert "config.toml cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["panel", "panel=", "mail=2525", "panel=80", "panel=70000", "panel=-1", "=8443"])
def test_a_port_that_cannot_be_is_refused(word: str) -> None:
    with pytest.raises(Refusal, match="NAME=NUMBER"):
        configuration.parse_ports([word])


def test_two_listeners_need_two_ports(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="share a port"):
        configuration.planned(tmp_path, {"panel": 8080})


def test_secrets_differ() -> None:
    assert configuration.new_secret() != configuration.new_secret()
    assert len(configuration.new_secret()) >= 48


def test_put_replaces_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert configuration.put(path, "ü\n", 0o640) and not configuration.put(path, "ü\n", 0o640)
    assert path.stat().st_mode & 0o777 == 0o640
    (tmp_path / "file.new").write_text("left by a kill")
    assert configuration.put(path, "ö\n", 0o600)
    assert path.read_text() == "ö\n" and [entry.name for entry in tmp_path.iterdir()] == ["file"]
