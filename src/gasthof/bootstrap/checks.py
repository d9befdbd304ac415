"""`test`: the one command that checks everything, on a fresh machine too."""

import os
import subprocess
import tempfile
import time

from gasthof.bootstrap import configuration, environment, interrupts, layout, packages, preflight
from gasthof.bootstrap import place as places
from gasthof.bootstrap.benches import BENCHES
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.progress import tell
from gasthof.bootstrap.up import compile_translations

SLOW = "daemons or journey or long"
ALONE = "alone"
FAST = f"not ({SLOW} or {ALONE})"
SCRIPTS = ("lint-imports",)  # what cannot be run as a module
CLEARED = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "GASTHOF_PREFIX", "GASTHOF_DB_ROLE")


def test(place: Place, *, quick: bool, arguments: list[str]) -> int:
    """Exit code 0 when all is well. With arguments pytest alone runs, with them."""
    interrupts.heed()
    prepare(place)
    if arguments:
        return _run(place, "pytest", _pytest(arguments))
    steps = _quick() if quick else [*_quick(), *_slow()]
    results = [(name, _run(place, name, module)) for name, module in steps]
    tell("")
    for name, code in results:
        tell(f"  {'ok    ' if code == 0 else 'FAILED'}  {name}")
    return 1 if any(code for _, code in results) else 0


def prepare(place: Place) -> None:
    """Everything that tests need: the platform's packages and those of the tests, users, the environment."""
    preflight.check(configuration.planned(place.prefix, {}))
    places.settle(place)
    packages.ensure([*packages.platform(), *packages.tests()])
    for name in layout.missing_users():
        layout.add_user(name)
    environment.ensure(place, "dev")
    compile_translations(place)


def _quick() -> list[tuple[str, list[str]]]:
    return [
        ("ruff check", ["ruff", "check", "."]),
        ("ruff format", ["ruff", "format", "--check", "."]),
        ("mypy", ["mypy"]),
        ("import rules", ["lint-imports"]),
        ("pytest, quick", _shared(FAST)),
    ]


def _slow() -> list[tuple[str, list[str]]]:
    benches = [(f"bench {name}, small", ["gasthof.bootstrap.benches", name, "--small"]) for name in BENCHES]
    alone = ("pytest, alone", _pytest(["--durations", "25", "-m", ALONE]))
    return [("pytest, the rest", _shared(f"({SLOW}) and not {ALONE}")), alone, *benches]


def _pytest(arguments: list[str]) -> list[str]:
    return ["pytest", "-q", *arguments]


def _shared(marks: str) -> list[str]:
    """On two cores in two processes; a file's tests stay together, for they share daemons. conftest.py puts files in order."""
    return _pytest(["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "25", "-m", marks])


def _run(place: Place, name: str, module: list[str]) -> int:
    tell(f"== {name}")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gasthof-check-") as scratch:
        values = {name: value for name, value in os.environ.items() if name not in CLEARED}
        values |= {"PYTHONPATH": f"{place.source}:{place.code}", "LANG": "C.UTF-8"}
        if module[0] == "mypy":  # its Django plugin reads the settings, and those want a prefix
            values["GASTHOF_PREFIX"] = scratch
        code = _finished(subprocess.Popen(_line(place, module), env=values, cwd=place.code))
    tell(f"== {name}: {'ok' if code == 0 else f'exit code {code}'}, {time.monotonic() - start:.1f} s")
    return code


def _finished(child: subprocess.Popen[bytes]) -> int:
    """Its exit code. When we are interrupted it may stop its daemons first."""
    try:
        return child.wait()
    except KeyboardInterrupt as interrupt:
        interrupts.pass_on(interrupt, child)
        raise


def _line(place: Place, module: list[str]) -> list[str]:
    if module[0] in SCRIPTS:
        return [str(place.python.with_name(module[0])), *module[1:]]
    return [str(place.python), "-m", *module]
