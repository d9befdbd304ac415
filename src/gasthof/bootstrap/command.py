"""The command line of ./gasthof."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from gasthof.bootstrap import benches, checks, down, logs, new_slice, preflight, status, up
from gasthof.bootstrap import place as places
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.postgres import OWNER
from gasthof.bootstrap.programs import environment
from gasthof.bootstrap.progress import tell
from gasthof.bootstrap.refusal import Refusal
from gasthof.bootstrap.version import VERSION
from gasthof.prefix import DEFAULT_PORTS, Prefix, Unreadable

PASSING = {
    "run": (),
    "apply": (),
    "clock": (),
    "manage": (),
    "test": ("--quick", "-h", "--help"),
}  # command -> options that are its own all the same
TERMINAL = ("TERM", "COLUMNS", "NO_COLOR", "LC_ALL", "LC_MESSAGES", "LANG")  # how the operator reads
Handler = Callable[[Place, argparse.Namespace, list[str]], int]

ABOUT = """\
Gasthof, an open hosting company. `./gasthof up` sets up and starts everything on a Debian 12 machine,
`./gasthof down` stops it. All state lies below one folder, ./var unless --prefix names another."""


def main(checkout: Path, words: list[str]) -> int:
    """Exit code: 0 done, 1 refused or something is wrong, 2 the command line was not understood."""
    words, rest = split(words)
    options = parser().parse_args(words)
    os.umask(0o022)  # service users read what is made here; what they may not read gets its own mode
    try:
        preflight.need_root(os.geteuid())
        wanted = Path(options.prefix).absolute() if options.prefix else None
        handler: Handler = options.handler
        return handler(places.locate(checkout, wanted), options, rest)
    except (Refusal, Unreadable) as refusal:
        tell(str(refusal))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """What is ours, and what a passing command hands on in its order: `run` and `manage` have parsers of their own."""
    if not words or words[0] not in PASSING:
        return words, []
    ours, rest = [words[0]], []
    ahead = iter(words[1:])
    for word in ahead:
        if word == "--prefix":
            ours += [word, *[value for value in [next(ahead, None)] if value is not None]]
        elif word.startswith("--prefix=") or word in PASSING[words[0]]:
            ours.append(word)
        else:
            rest.append(word)
    return ours, rest


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser("gasthof", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"gasthof {VERSION}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, help_: str, handler: Handler) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_, allow_abbrev=False)
        sub.add_argument("--prefix", metavar="DIR", help="the installation's folder (default: ./var)")
        sub.set_defaults(handler=handler)
        return sub

    _add_running(add)
    _add_verbs(add)
    _add_checks(add)
    _add_making(add)
    return top


Add = Callable[..., argparse.ArgumentParser]


def _add_running(add: Add) -> None:
    sub = add("up", "set up what is missing, start everything, wait until it answers", _up)
    sub.add_argument("--detach", action="store_true", help="return when everything is up; `down` stops it")
    sub.add_argument("--no-demo", action="store_true", help="without the demo's customers")
    sub.add_argument(
        "--port", action="append", default=[], metavar="NAME=NUMBER", help=f"one of {', '.join(DEFAULT_PORTS)}"
    )
    add("down", "stop everything of this prefix", lambda place, options, rest: down.down(place))
    sub = add("status", "processes, endpoints, nodes, the local CA's file", _status)
    sub.add_argument("--json", action="store_true", help="the same for programs")
    add("plan", "what the agent would change on this machine, as a diff", _plan)
    sub = add(
        "logs", "what the processes said", lambda place, options, rest: logs.logs(place, options.name, options.follow)
    )
    sub.add_argument("name", nargs="?", metavar="NAME", help="one process; without it the end of each log")
    sub.add_argument("-f", "--follow", action="store_true", help="go on with what is added")


def _add_verbs(add: Add) -> None:
    add("run", "run a verb: run VERB field=value ... [--json] [--as WHO] [--wait]; run --list shows all", _run)
    add("apply", "bring a subscription to what a file says: apply FILE.yaml [--plan] [--json] [--as WHO]", _apply)
    add("clock", "business time: clock +30d moves a try-out's on, day by day; without a word it shows it", _clock)
    add("manage", "Django's management commands, as the owner of the database", _manage)


def _add_checks(add: Add) -> None:
    sub = add("test", "run the tests; further words go to pytest", _test)
    sub.add_argument("--quick", action="store_true", help="style, types, imports and unit tests: about a minute")
    sub = add("bench", "run a benchmark; without a name it lists them", _bench)
    sub.add_argument("name", nargs="?", metavar="NAME")
    sub.add_argument("--json", action="store_true", help="only JSON on standard output")
    sub.add_argument("--small", action="store_true", help="a few seconds, small numbers, as in CI")


def _add_making(add: Add) -> None:
    sub = add("new-slice", "write a new capability that passes all checks, to be changed into yours", _new_slice)
    sub.add_argument("name", metavar="NAME")


def _up(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return up.up(place, detach=options.detach, demo=not options.no_demo, ports=options.port)


def _status(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return status.status(place, as_json=options.json)


def _plan(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return become(place, ["gasthof.agent", "--plan"])


def _run(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return become(place, ["gasthof.kernel.commandline", "run", *rest])


def _apply(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    passwords = {name: value for name, value in os.environ.items() if name.startswith("GASTHOF_PASSWORD_")}
    return become(place, ["gasthof.kernel.commandline", "apply", *rest], **passwords)


def _clock(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return become(place, ["gasthof.kernel.commandline", "clock", *rest])


def _manage(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return become(place, ["django", *rest], GASTHOF_DB_ROLE=OWNER)


def _test(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return checks.test(place, quick=options.quick, arguments=rest)


def _bench(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return benches.bench(place, options.name, as_json=options.json, small=options.small)


def _new_slice(place: Place, options: argparse.Namespace, rest: list[str]) -> int:
    return new_slice.new_slice(place.checkout, options.name)


def become(place: Place, module: list[str], **extra: str) -> int:
    """Replace this process by a module in the Python environment, for that prefix."""
    prefix = Prefix.load(place.prefix)
    if not place.python.exists() or not (prefix.root / "config.toml").exists():
        raise Refusal(f"{prefix.root} is not set up yet: ./gasthof up does it.")
    kept = {name: os.environ[name] for name in TERMINAL if name in os.environ}
    os.execve(place.python, [str(place.python), "-m", *module], environment(prefix, place) | kept | extra)  # noqa: S606 - no shell is wanted
