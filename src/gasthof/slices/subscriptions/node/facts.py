"""What lies where a customer's folder should."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import read
from gasthof.agent.sdk.read import Fact
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.node.plan import OWN, folders
from gasthof.slices.subscriptions.spec import HomeSpec

NAME = re.compile(r"s[0-9]{6,12}")


@dataclass(frozen=True)
class HomeFacts:
    folders: Mapping[Path, Fact]
    uid: int | None = None  # whose the folder is, when it is to go
    keep: bool = False  # it holds a customer's files, and nobody ordered their removal


def gather(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, HomeFacts]:
    """Facts of each home, by name. ValueError for a name that is none."""
    return {key: _home(machine.prefix, key, found) for key, found in wanted.items()}


def present(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """The homes on this machine."""
    if prefix.customers.is_dir():
        yield from ((path.name, "") for path in prefix.customers.iterdir() if NAME.fullmatch(path.name))


def _home(prefix: Prefix, name: str, wanted: Wanted) -> HomeFacts:
    if not NAME.fullmatch(name):
        raise ValueError(f"no subscription's name: {name!r}")
    spec = wanted.spec or HomeSpec(name, 0)
    found = {step.path: read.directory(step.path) for step in folders(prefix, spec)}
    if wanted.spec:
        return HomeFacts(found)
    uid = _uid(prefix.home(name), wanted, found)
    return HomeFacts(found, uid, keep=not wanted.ordered and _holds_files(prefix.home(name)))


def _uid(home: Path, wanted: Wanted, found: Mapping[Path, Fact]) -> int | None:
    """As last told; else the owner that root gave tmp/."""
    if wanted.before:
        return int(wanted.before[-1].uid)
    tmp = found[home / "tmp"]
    return tmp.uid if tmp.what == "directory" and tmp.uid else None


def _holds_files(home: Path) -> bool:
    """Root looks one level deep into folders that it made itself."""
    return any((home / own).is_dir() and any((home / own).iterdir()) for own in OWN)
