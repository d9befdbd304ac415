"""The contents of a subscription's databases, carried out and in: one dump each."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gasthof.agent.kinds import Machine
from gasthof.agent.transfer import Home, Transfer
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import mariadb, postgres
from gasthof.slices.databases.node.dump import CONTENT
from gasthof.slices.databases.rules import KEY


def save(machine: Machine, _home: Home, settings: Any, folder: Path) -> list[str]:
    """Each database into SERVER-NAME.dump; a line for each that is not there."""
    left_out = []
    for server, name in _databases(settings):
        if _exists(machine.prefix, server, name):
            CONTENT[server].save(machine.prefix, name, _file(folder, server, name))
        else:
            left_out.append(f"{server}/{name} is not there")
    return left_out


def load(machine: Machine, _home: Home, settings: Any, folder: Path) -> None:
    """Each dump into the database that the control plane made for it. RuntimeError when that is not there: none is made here."""
    for one, (server, name) in zip((settings or {}).get("databases", ()), _databases(settings), strict=True):
        source = _file(folder, server, name)
        target = str(one["into"])
        if not source.exists():
            continue
        if not _exists(machine.prefix, server, target):
            raise RuntimeError(f"{server}/{target} is not there")
        CONTENT[server].load(machine.prefix, target, source)


def _databases(settings: Any) -> Iterator[tuple[str, str]]:
    for one in (settings or {}).get("databases", ()):
        match = KEY.fullmatch(f"{one['server']}/{one['name']}")
        if not match:
            raise ValueError(f"no database's name: {one}")
        yield match[1], match[2]


def _file(folder: Path, server: str, name: str) -> Path:
    return folder / f"{server}-{name}.dump"


def _exists(prefix: Prefix, server: str, name: str) -> bool:
    if server == "mariadb":
        with mariadb.connected(prefix) as cursor:
            return name in mariadb.databases(cursor, [name])
    with postgres.connected(prefix) as session:
        return bool(session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())


def parts(settings: Any) -> Mapping[str, Any]:
    """Each database by itself, by a name for it."""
    found = zip((settings or {}).get("databases", ()), _databases(settings), strict=True)
    return {f"{server}-{name}": {"databases": [one]} for one, (server, name) in found}


TRANSFER = Transfer(save, load, parts)
