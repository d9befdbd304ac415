"""What a slice brings to a machine: packages, users, folders, programs. Standard library only: `up` reads it first of all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from gasthof.installed import SLICES
from gasthof.prefix import Prefix

Probe = Callable[[], str | None]  # None: it does its work; else words why not


@dataclass(frozen=True)
class Program:
    """A process that the supervisor keeps up."""

    name: str
    command: tuple[str, ...]
    user: str = "root"
    stop: str = "TERM"
    stop_seconds: int = 10
    group: bool = True  # what it started dies with it when it has to be killed
    package: str | None = None  # the Debian package whose version it shows; None: it is ours
    ports: tuple[str, ...] = ()  # names out of Prefix.ports
    addressed: bool = False  # reads the machine's name or addresses at its start only


@dataclass(frozen=True)
class Folder:
    """A folder that a daemon needs before it starts."""

    path: str  # relative to the prefix
    mode: int
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True)
class Daemons:
    """One slice's part of the machine. `probes` speak to a program as its users do; one without a probe just has to run."""

    packages: tuple[str, ...] = ()
    test_packages: tuple[str, ...] = ()
    users: tuple[str, ...] = ()  # system users that no package makes
    folders: tuple[Folder, ...] = ()
    private_logs: tuple[str, ...] = ()  # files below logs/ that a daemon would make readable to all
    programs: Callable[[Prefix, str], tuple[Program, ...]] = lambda _prefix, _python: ()  # in the order of their start
    probes: Callable[[Prefix], Mapping[str, Probe]] = lambda _prefix: {}  # program -> probe
    listens: Mapping[str, str] = field(default_factory=dict)  # name out of Prefix.ports -> address, {} for the number
    sockets: Callable[[Prefix], Mapping[str, Path]] = lambda _prefix: {}  # name -> unix socket, for `status`
    inside: Callable[[Prefix], Mapping[str, tuple[str, int]]] = (
        lambda _prefix: {}
    )  # name -> IPv4 address and port of ours alone


def installed() -> Iterator[Daemons]:
    """Of each slice that brings some, in rank order: `DAEMONS` in its node/daemons.py."""
    for name in SLICES:
        module = f"gasthof.slices.{name}.node.daemons"
        if find_spec(f"gasthof.slices.{name}.node") and find_spec(module):
            found: Daemons = import_module(module).DAEMONS
            yield found
