"""What the machine shows of databases, their users and the servers' configuration. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from logging import getLogger
from os import DirEntry, scandir
from pathlib import Path

from pymysql.cursors import Cursor

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import read
from gasthof.agent.sdk.ask import Away
from gasthof.agent.sdk.read import Fact
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import mariadb, places, postgres
from gasthof.slices.databases.node.patience import QUICK
from gasthof.slices.databases.node.plan import files
from gasthof.slices.databases.node.shown import DatabaseFact, UserFact
from gasthof.slices.databases.spec import DatabaseSpec

log = getLogger("gasthof.agent")


@dataclass(frozen=True)
class DatabaseFacts:
    shown: DatabaseFact = field(default_factory=DatabaseFact)
    known: bool = True  # False: the server does not answer
    keep: bool = False  # it is to go, and nobody ordered that


@dataclass(frozen=True)
class UserFacts:
    shown: UserFact = field(default_factory=UserFact)
    known: bool = True


def databases(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, DatabaseFacts]:
    """Facts of each database, by key."""
    found: dict[str, DatabaseFact] = {}
    away: set[str] = set()
    for server, names in _by_server(wanted).items():
        try:
            shown = _databases(machine.prefix, server, names)
        except Away:
            away.add(server)
        else:
            found |= {f"{server}/{name}": fact for name, fact in shown.items()}
    return {key: _facts(key, one, found.get(key, DatabaseFact()), away) for key, one in wanted.items()}


def _facts(key: str, wanted: Wanted, shown: DatabaseFact, away: Iterable[str]) -> DatabaseFacts:
    keep = wanted.spec is None and not wanted.ordered
    if keep and shown.exists:
        log.warning("the database %s is not wanted by anybody; it stays, since nobody ordered its removal", key)
    return DatabaseFacts(shown, key.partition("/")[0] not in away, keep)


def _databases(prefix: Prefix, server: str, names: list[str]) -> dict[str, DatabaseFact]:
    if server == "mariadb":
        with mariadb.connected(prefix, QUICK) as cursor:
            return mariadb.databases(cursor, names)
    with postgres.connected(prefix, seconds=QUICK) as session:
        return postgres.databases(session, names)


def users(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, UserFacts]:
    """Facts of each user, by key."""
    found: dict[str, UserFacts] = {}
    for server, names in _by_server(wanted).items():
        try:
            shown = _users(machine.prefix, server, names)
            found |= {f"{server}/{name}": UserFacts(shown.get(name, UserFact())) for name in names}
        except Away:
            found |= {f"{server}/{name}": UserFacts(known=False) for name in names}
    return found


def _users(prefix: Prefix, server: str, names: list[str]) -> dict[str, UserFact]:
    if server == "mariadb":
        with mariadb.connected(prefix, QUICK) as cursor:
            return mariadb.users(cursor, names)
    with postgres.connected(prefix, seconds=QUICK) as session:
        return postgres.users(session, names)


def _by_server(keys: Iterable[str]) -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = defaultdict(list)
    for key in keys:
        server, _, name = key.partition("/")
        found[server].append(name)
    return found


def present_databases(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """All of customers on the servers that answer."""
    yield from ((f"mariadb/{name}", "") for name in _all_mariadb(prefix, mariadb.all_databases))
    yield from ((f"postgres/{name}", "") for name in _all_postgres(prefix, postgres.all_databases))


def present_users(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """All with customers' names on the servers that answer."""
    yield from ((f"mariadb/{name}", "") for name in _all_mariadb(prefix, mariadb.all_users))
    yield from ((f"postgres/{name}", "") for name in _all_postgres(prefix, postgres.all_users))


def _all_mariadb(prefix: Prefix, names: Callable[[Cursor], list[str]]) -> list[str]:
    with suppress(Away), mariadb.connected(prefix, QUICK) as cursor:
        return names(cursor)
    return []


def _all_postgres(prefix: Prefix, names: Callable[[postgres.Session], Iterable[str]]) -> list[str]:
    with suppress(Away), postgres.connected(prefix, seconds=QUICK) as session:
        return list(names(session))
    return []


def findings(machine: Machine, specs: Mapping[str, DatabaseSpec]) -> dict[str, dict[str, int]]:
    """Bytes on disk of each database: of MariaDB's by its folder, which asks nothing of the server."""
    by_server = _by_server(specs)
    data = places.mariadb_data(machine.prefix)
    sizes = {f"mariadb/{name}": _on_disk(data / name) for name in by_server["mariadb"]}
    if by_server["postgres"]:
        with suppress(Away), postgres.connected(machine.prefix, seconds=QUICK) as session:
            measured = postgres.sizes(session, by_server["postgres"])
            sizes |= {f"postgres/{name}": size for name, size in measured.items()}
    return {key: {"bytes": size} for key, size in sizes.items()}


def _on_disk(folder: Path) -> int:
    try:
        with scandir(folder) as entries:
            return sum(map(_bytes, entries))
    except FileNotFoundError:
        return 0


def _bytes(entry: "DirEntry[str]") -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except FileNotFoundError:  # a table went meanwhile
        return 0


def servers(machine: Machine) -> dict[Path, Fact]:
    """Folders and configuration files."""
    prefix = machine.prefix
    folders = {path: read.directory(path) for path in (places.folder(prefix), places.nowhere(prefix))}
    return folders | {path: read.fact(path) for path in files(prefix)}
