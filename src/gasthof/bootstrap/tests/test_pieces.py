"""Smaller parts: environment's marker, translations, the stamp, logs, benchmarks' table, the command line."""

import gettext
import os
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gasthof.bootstrap import benches, command, environment, logs, stamp, translations, up
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.refusal import Refusal
from gasthof.bootstrap.version import VERSION
from gasthof.prefix import Prefix

ROOT = Path(__file__).resolve().parents[4]


def test_the_dev_lock_holds_the_runtime_too() -> None:
    now = {"runtime": "r", "dev": "d"}
    assert environment.satisfied({"dev": "d"}, "runtime", now)
    assert environment.satisfied({"runtime": "r"}, "runtime", now)
    assert not environment.satisfied({"runtime": "r"}, "dev", now)
    assert not environment.satisfied({"runtime": "older"}, "runtime", now)
    assert not environment.satisfied({}, "runtime", now)


def test_every_pin_of_the_runtime_is_in_the_dev_lock() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / "requirements" / f"{name}.lock").read_text().splitlines()
        return {line.split()[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins("runtime") and pins("runtime") <= pins("dev")


def test_versions_agree() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_translations_are_compiled_when_newer(tmp_path: Path) -> None:
    folder = tmp_path / "gasthof" / "locale" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    source.write_text(header + 'msgid "Welcome"\nmsgstr "Grüß Gott"\n', "utf-8")
    assert translations.stale(tmp_path) == [source]
    translations.compile_catalogue(source)
    assert translations.stale(tmp_path) == []
    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Welcome") == "Grüß Gott"
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    assert translations.stale(tmp_path) == [source]


def test_the_stamp_sees_edits_and_not_caches(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    before = stamp.tree_digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    (tmp_path / "django.mo").write_text("x")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("x")
    assert stamp.tree_digest(tmp_path) == before
    (tmp_path / "a.py").write_text("12")
    assert stamp.tree_digest(tmp_path) != before


def locked(checkout: Path, lock: str) -> Place:
    """A checkout with these locks and an environment that was made from earlier ones; its pip fails."""
    env = checkout / "var" / "env"
    (checkout / "src").mkdir(exist_ok=True)
    (checkout / "requirements").mkdir(exist_ok=True)
    (env / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("runtime", "dev"):
        (checkout / "requirements" / f"{name}.lock").write_text(lock)
    if not (env / "bin" / "python").is_symlink():
        (env / "bin" / "python").symlink_to("/bin/false")
    return Place(checkout, checkout, checkout / "var", checkout / "var")


def test_an_environment_half_changed_is_trusted_no_more(tmp_path: Path) -> None:
    place = locked(tmp_path, "old")
    digest = environment.lock_digest(tmp_path / "requirements" / "runtime.lock")
    environment._mark(place.default / "env", {"runtime": digest})
    assert not environment.ensure(place)
    with pytest.raises(Refusal, match="over the network: see that there is one, then run this again"):
        environment.ensure(locked(tmp_path, "new"))
    assert environment._marker(place.default / "env") == {}


def test_other_packages_restart_what_runs_from_them(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path / "var")
    before = stamp.current(prefix, locked(tmp_path, "old"))
    assert stamp.current(prefix, locked(tmp_path, "old")) == before
    now = stamp.current(prefix, locked(tmp_path, "new"))
    assert {name for name in now if now[name] != before[name]} == {"packages"}
    place = locked(tmp_path, "new")
    stale = up._outdated(prefix, place, before, now, False)
    assert {"verifier", "activator", "logsplit", "worker", "panel"} <= set(stale)
    assert not {"postgres", "nginx", "panel-nginx"} & set(stale)
    assert up._outdated(prefix, place, now, now, False) == [] == up._outdated(prefix, place, {}, now, False)
    moved = up._outdated(prefix, place, now | {"ports": "{}"}, now, False)
    assert "nginx" in moved and "worker" not in moved
    assert up._outdated(prefix, place, {name: now[name] for name in now if name != "machine"}, now, False) == []


@pytest.mark.parametrize("change", [{"host": "wirt.xn--gstehaus-0za.test"}, {"ipv4": "192.0.2.1"}, {"ipv6": ""}])
def test_another_name_or_address_restarts_what_reads_it_at_its_start(tmp_path: Path, change: dict[str, str]) -> None:
    prefix, place = Prefix(tmp_path / "var"), locked(tmp_path, "same")
    before, now = stamp.current(prefix, place), stamp.current(replace(prefix, **change), place)
    assert {name for name in now if now[name] != before[name]} == {"machine"}
    assert up._outdated(prefix, place, before, now, False) == [
        "pdns",
        "mail-delivery",
        "mail-sieve",
        "postfix",
        "proftpd",
    ]


def test_the_end_of_a_log(tmp_path: Path) -> None:
    path = tmp_path / "agent.log"
    path.write_text("".join(f"Zeile {number} ü\n" for number in range(100_000)))
    assert logs.tail(path, 2) == ["Zeile 99998 ü", "Zeile 99999 ü"]


def test_an_unknown_log_lists_the_known(tmp_path: Path) -> None:
    (tmp_path / "agent.log").write_text("x\n")
    (tmp_path / "empty.log").write_text("")
    assert logs.chosen(tmp_path, None) == [tmp_path / "agent.log"]
    with pytest.raises(Refusal, match="agent"):
        logs.chosen(tmp_path, "mail")


def test_added_lines_are_followed_over_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "agent.log"
    path.write_text("old, longer than what follows\n")
    lines = logs.added([path])

    def later(text: str, mode: str) -> threading.Timer:
        timer = threading.Timer(0.3, lambda: path.open(mode).write(text))
        timer.start()
        return timer

    later("whole ü\nhalf", "a")
    assert next(lines) == "whole ü"
    later("new\n", "w")
    assert next(lines) == "new"


def test_a_table_says_what_was_missed() -> None:
    result = {
        "bench": "nginx",
        "machine": "2 cores",
        "cases": [{"name": "static", "n": 10, "median": 1.5, "p95": 2.0, "unit": "ms"}],
        "targets": [{"name": "static_ratio", "value": 0.8, "limit": 0.75, "met": True}, {"name": "x", "value": 2, "limit": 1, "met": False}],
    }  # fmt: skip
    shown = benches.table(result)
    assert "[static_ratio] 0.8, limit 0.75: met" in shown and "[x] 2, limit 1: MISSED" in shown


@pytest.mark.parametrize(
    ("words", "ours", "rest"),
    [
        (["run", "--prefix", "/srv/x", "domains.add", "name=--prefix", "--as", "operator"], ["run", "--prefix", "/srv/x"],
         ["domains.add", "name=--prefix", "--as", "operator"]),
        (["run", "domains.add", "--prefix=/srv/x", "--json"], ["run", "--prefix=/srv/x"], ["domains.add", "--json"]),
        (["test", "--quick", "-k", "ü"], ["test", "--quick"], ["-k", "ü"]),
        (["status", "--json"], ["status", "--json"], []),
        ([], [], []),
    ],
)  # fmt: skip
def test_words_are_handed_on_in_their_order(words: list[str], ours: list[str], rest: list[str]) -> None:
    assert command.split(words) == (ours, rest)


@pytest.mark.parametrize(
    "words", [["--help"], ["up", "--help"], ["status", "--help"], ["test", "--help"], ["--version"]]
)
def test_help_needs_nothing(words: list[str]) -> None:
    done = subprocess.run([str(ROOT / "gasthof"), *words], check=False, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout


def test_not_root_gets_a_sentence() -> None:
    done = subprocess.run(
        [str(ROOT / "gasthof"), "up"],
        check=False,
        capture_output=True,
        text=True,
        user="nobody",
        group="nogroup",
        extra_groups=[],
    )
    assert done.returncode == 1
    assert "as root" in done.stderr and "Traceback" not in done.stderr


def test_benchmarks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    place = Place(ROOT, ROOT, ROOT / "var", ROOT / "var")
    assert benches.bench(place, None, as_json=False, small=False) == 0
    assert capsys.readouterr().out.splitlines() == list(benches.BENCHES)
    with pytest.raises(Refusal, match="No benchmark blitz"):
        benches.bench(place, "blitz", as_json=False, small=False)


def test_nonsense_is_a_usage_error() -> None:
    done = subprocess.run([str(ROOT / "gasthof"), "status", "--colour"], check=False, capture_output=True, text=True)
    assert done.returncode == 2 and "--colour" in done.stderr
