# ruff: noqa: S608 - identifiers come from the file's own schema, and are quoted
"""Look-up databases as they are, for facts. All of them belong to one process, through one library: apsw.

Another SQLite library on the same file in the same process would drop its locks (sqlite.org, "How To Corrupt", 2.2.1): tests of
this process read through `rows`, too. Why apsw: docs/decisions/0005-lookup-databases.md.
"""

import ctypes
import grp
import json
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from zlib import crc32

import apsw

from gasthof.agent.sdk.steps import LookupDatabase, Row, Rows

__all__ = ["LookupDatabase", "Row", "Rows", "facts", "owners", "rows", "wrong"]

BEFORE = "gasthof_before"  # rows that a change still open has replaced; place "": there was a change at all
LAYOUT = f"CREATE TABLE IF NOT EXISTS {BEFORE} (owner TEXT NOT NULL, place TEXT NOT NULL, row TEXT NOT NULL)"
BUSY = 2000  # milliseconds to wait for a reader, or for another writer's last breath
LARGEST_LOG = 16 * 1024 * 1024  # bytes that an idle log may keep
AT_ONCE = 1000  # owners read at a time: a long look around blocks nobody
SYNCHRONOUS = {"wal": "full", "delete": "extra"}  # durable when COMMIT returns
OTHER_SCHEMA = "has another schema"
COMPANIONS = {"wal": ("", "-wal", "-shm"), "delete": ("",)}


def facts(databases: Iterable[LookupDatabase], owners: Iterable[str]) -> dict[Path, dict[str, Rows]]:
    """What `Draft` compares with: a database's path -> owner -> table -> rows."""
    wanted = list(owners)
    return {database.path: rows(database, wanted) for database in databases}


def rows(database: LookupDatabase, owners: Iterable[str]) -> dict[str, Rows]:
    """Owner -> table -> its rows, sorted; what holds none is left out. {} for a missing database.

    A change that was broken off shows as rows of the table `BEFORE`.
    """
    if not database.path.exists():
        return {}
    with closing(opened(database)) as connection:
        wanted = json.dumps(list(owners))
        found: dict[str, dict[str, list[Row]]] = {}
        for table in (*tables(connection), BEFORE):
            query = f"SELECT * FROM {quoted(table)} WHERE owner IN (SELECT value FROM json_each(?))"
            for owner, *row in connection.execute(query, (wanted,)) if exists(connection, table) else ():
                found.setdefault(str(owner), {}).setdefault(table, []).append(tuple(row))
    return {owner: {table: in_order(of) for table, of in held.items()} for owner, held in found.items()}


def owners(database: LookupDatabase, kind: str) -> Iterator[str]:
    """Keys of all objects of a kind that own a row, lazily and more than once where they own some in several tables."""
    if not database.path.exists():
        return
    with closing(opened(database)) as connection:
        places = [table for table in (*tables(connection), BEFORE) if exists(connection, table)]
    for table in places:
        last = f"{kind} "
        while part := _owners_after(database, table, last, f"{kind}!"):
            yield from (owner.removeprefix(f"{kind} ") for owner in part)
            last = part[-1]


def _owners_after(database: LookupDatabase, table: str, last: str, end: str) -> list[str]:
    query = f"SELECT DISTINCT owner FROM {quoted(table)} WHERE owner > ? AND owner < ? ORDER BY owner LIMIT ?"
    with closing(opened(database)) as connection:
        return [str(owner) for (owner,) in connection.execute(query, (last, end, AT_ONCE))]


def wrong(database: LookupDatabase) -> str:
    """What a MakeLookup would set right, in words; "" for a database that is as it should be."""
    words = _misplaced(database)
    if words:
        return words
    try:
        with closing(opened(database)) as connection:
            return unfit(connection, database)
    except apsw.Error as error:
        return str(error)


def unfit(connection: apsw.Connection, database: LookupDatabase) -> str:
    """What only an empty database would mend, in words."""
    if connection.pragma("user_version") != version(database):
        return OTHER_SCHEMA
    if connection.pragma("journal_mode") != database.journal:
        return f"journal mode is not {database.journal}"
    words = str(connection.execute("PRAGMA quick_check(1)").get)
    return "" if words == "ok" else f"damaged: {words}"


def _misplaced(database: LookupDatabase) -> str:
    group = grp.getgrnam(database.group).gr_gid
    for path in files(database):
        try:
            found = path.lstat()
        except FileNotFoundError:
            return "missing" if path == database.path else f"{path.name} is missing"
        if not stat.S_ISREG(found.st_mode):
            return f"{path.name} is no file"
        if (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) != (0, group, database.mode):
            return f"{path.name} is not root:{database.group} {database.mode:04o}"
    return ""


def files(database: LookupDatabase) -> list[Path]:
    """The database's own, and those that its readers need beside it."""
    return [Path(f"{database.path}{suffix}") for suffix in COMPANIONS[database.journal]]


def version(database: LookupDatabase) -> int:
    """The user_version that says: of this schema."""
    return crc32("\n".join((LAYOUT, *database.schema)).encode()) & 0x3FFFFFFF | 1


def opened(database: LookupDatabase) -> apsw.Connection:
    """A connection to read and write by. apsw.Error when the file is missing or damaged."""
    connection = connected(database)
    try:
        connection.pragma("synchronous", SYNCHRONOUS[database.journal])
        connection.pragma("cache_spill", False)
        connection.pragma("journal_size_limit", LARGEST_LOG)
    except apsw.Error:
        connection.close()
        raise
    return connection


def connected(database: LookupDatabase) -> apsw.Connection:
    """A connection that leaves -wal and -shm behind when it closes, whatever the file holds. apsw.CantOpenError without one."""
    connection = apsw.Connection(str(database.path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(BUSY)
    if database.journal == "wal":
        persist = ctypes.c_int(1)
        connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(persist))
    return connection


def tables(connection: apsw.Connection) -> list[str]:
    """The schema's own tables."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> ? ORDER BY name"
    return [str(name) for (name,) in connection.execute(query, (BEFORE,))]


def columns(database: LookupDatabase, table: str) -> list[str]:
    """Names of a table's columns after `owner`; [] while there is no such table."""
    if not database.path.exists():
        return []
    with closing(opened(database)) as connection:
        return [str(row[1]) for row in connection.execute(f"PRAGMA table_info({quoted(table)})")][1:]


def exists(connection: apsw.Connection, table: str) -> bool:
    return bool(
        connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).fetchall()
    )


def in_order(found: Iterable[Row]) -> tuple[Row, ...]:
    """So that two sets of rows can be compared."""
    return tuple(sorted(found, key=repr))


def differing(found: Rows, wanted: Rows) -> list[str]:
    """Tables whose rows are not the wanted ones."""
    names = sorted({*found, *wanted})
    return [name for name in names if not _same(found.get(name, ()), wanted.get(name, ()))]


def _same(one: tuple[Row, ...], other: tuple[Row, ...]) -> bool:
    return one == other or (len(one) == len(other) > 1 and in_order(one) == in_order(other))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
