"""`test`: the one command that checks everything, on a fresh machine too."""

import os
import tempfile

from gasthof.bootstrap import configuration, environment, interrupts, lanes, layout, packages, preflight
from gasthof.bootstrap import place as places
from gasthof.bootstrap.benches import BENCHES, ON_ONE_PLATFORM
from gasthof.bootstrap.lanes import Step
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.progress import tell
from gasthof.bootstrap.up import compile_translations

REST, ALONE = "rest", "alone"  # marks; tests/parts.py puts the first
FAST = f"not ({REST} or {ALONE})"
WITHIN = ("src", "tests/habits")  # all of the quick part's tests: reading the other files takes time as well
PROCESSORS = 2  # processes of tests that compute: as many as there are cores on the smallest machine
WAITING = 4  # of tests that wait for daemons for a part of their time
SAMPLED = "11"  # of the boundaries at which agents are killed, each eleventh: all of them by `EVERY=1 ./gasthof test`, or for files that are named
SCRIPTS = ("lint-imports",)  # what cannot be run as a module
CLEARED = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "GASTHOF_PREFIX", "GASTHOF_DB_ROLE",
           "PYTHONDONTWRITEBYTECODE")  # fmt: skip


def test(place: Place, *, quick: bool, arguments: list[str]) -> int:
    """Exit code 0 when all is well. With arguments pytest alone runs, with them; then quick leaves out what is slow among those."""
    interrupts.heed()
    prepare(place)
    with tempfile.TemporaryDirectory(prefix="gasthof-check-") as scratch:
        if arguments:
            return lanes.run([[_step(place, scratch, "pytest", chosen(arguments, quick=quick))]])[0][1]
        os.environ.setdefault("EVERY", SAMPLED)
        parts = [_quick()] if quick else [_quick(), _slow(), _alone()]
        results = [one for part in parts for one in lanes.run(_steps(place, scratch, part))]
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


Part = list[list[tuple[str, list[str]]]]  # lanes of names with modules and their arguments


def _quick() -> Part:
    checks = [
        ("ruff check", ["ruff", "check", "."]),
        ("ruff format", ["ruff", "format", "--check", "."]),
        ("mypy", ["mypy"]),
        ("import rules", ["lint-imports"]),
    ]
    return [[("pytest, quick", _shared(FAST, PROCESSORS, *WITHIN))], checks]


def _slow() -> Part:
    """Small benchmarks have to work, whatever else the machine does."""
    alone = [[name] for name in BENCHES if name not in ON_ONE_PLATFORM]
    benches = [
        (f"bench {', '.join(names)}, small", ["gasthof.bootstrap.benches", *names, "--small"])
        for names in [*alone, list(ON_ONE_PLATFORM)]
    ]
    return [[("pytest, the rest", _shared(f"{REST} and not {ALONE}", WAITING))], benches]


def _alone() -> Part:
    return [[("pytest, alone", _pytest(["--durations", "25", "-m", ALONE]))]]


def chosen(arguments: list[str], *, quick: bool) -> list[str]:
    """pytest with somebody's own words; what they say after it counts more than what is said here."""
    return _pytest(["-m", FAST, *arguments] if quick else arguments)


def _pytest(arguments: list[str]) -> list[str]:
    return ["pytest", "-q", *arguments]


def _shared(marks: str, processes: int, *within: str) -> list[str]:
    """A file's tests stay together, for they share daemons. conftest.py puts files in order."""
    shared = ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"]
    return _pytest([*shared, "--durations", "25", "-m", marks, *within])


def _steps(place: Place, scratch: str, part: Part) -> list[list[Step]]:
    return [[_step(place, scratch, *each) for each in lane] for lane in part]


def _step(place: Place, scratch: str, name: str, module: list[str]) -> Step:
    values = {name: value for name, value in os.environ.items() if name not in CLEARED}
    values |= {"PYTHONPATH": f"{place.source}:{place.code}", "LANG": "C.UTF-8"}
    if module[0] == "mypy":  # its Django plugin reads the settings, and those want a prefix
        values["GASTHOF_PREFIX"] = scratch
    return Step(name, tuple(_line(place, module)), values, str(place.code))


def _line(place: Place, module: list[str]) -> list[str]:
    if module[0] in SCRIPTS:
        return [str(place.python.with_name(module[0])), *module[1:]]
    return [str(place.python), "-m", *module]
