"""Makes look-up databases and sets them right, in place. No connection of this process may be open to the one at hand."""

import grp
import os
import stat
from contextlib import closing, suppress
from pathlib import Path

import apsw

from gasthof.agent.sdk.lookup import BEFORE, LAYOUT, OTHER_SCHEMA, connected, files, quoted, tables, unfit, version
from gasthof.agent.sdk.steps import LookupDatabase

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def make(database: LookupDatabase) -> None:
    """Durable when it returns. FileExistsError when something else is in its place."""
    _set_right(database)
    with closing(connected(database)) as connection:
        _fit(connection, database)
    _set_right(database)
    folder = os.open(database.path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _set_right(database: LookupDatabase) -> None:
    """The files with owner and mode: SQLite gives those of the first to the others that it makes (os_unix.c, findCreateFileMode).

    None that is there is opened: closing it would drop this process' locks on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(database.path, NEW, 0o600))
    for path in files(database):
        with suppress(FileNotFoundError):
            _own(path, grp.getgrnam(database.group).gr_gid, database.mode)


def _own(path: Path, group: int, mode: int) -> None:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise FileExistsError(f"{path.name} is no file")
    if (found.st_uid, found.st_gid) != (0, group):
        os.chown(path, 0, group, follow_symlinks=False)
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)


def _fit(connection: apsw.Connection, database: LookupDatabase) -> None:
    """Tables and journal mode. A damaged database, or one of another schema, is emptied first: its readers have it open.

    RuntimeError for a damaged one that is to be kept.
    """
    try:
        connection.pragma("journal_mode", database.journal)
        words = unfit(connection, database)
    except (apsw.NotADBError, apsw.CorruptError, apsw.IOError) as error:
        words = str(error)
    if words and database.kept and words != OTHER_SCHEMA:
        raise RuntimeError(f"{database.path.name}: {words}; it holds what exists nowhere else, so it is left alone")
    if words:
        if not database.kept:
            _empty(connection)
        connection.pragma("journal_mode", database.journal)
        _fill(connection, database)


def _empty(connection: apsw.Connection) -> None:
    """sqlite.org, SQLITE_DBCONFIG_RESET_DATABASE: works for a file that is not even a database."""
    connection.config(apsw.SQLITE_DBCONFIG_RESET_DATABASE, 1)
    try:
        connection.execute("VACUUM")
    finally:
        connection.config(apsw.SQLITE_DBCONFIG_RESET_DATABASE, 0)


def _fill(connection: apsw.Connection, database: LookupDatabase) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in (LAYOUT, *database.schema):
        connection.execute(statement)
    for table in (*tables(connection), BEFORE):
        _index(connection, table)
    connection.pragma("user_version", version(database))
    connection.execute("COMMIT")


def _index(connection: apsw.Connection, table: str) -> None:
    """Rows are found by their owner. ValueError for a table that has none."""
    columns = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]
    if columns[0] != "owner":
        raise ValueError(f"{table}: its first column is {columns[0]}, not owner")
    connection.execute(f"CREATE INDEX IF NOT EXISTS {quoted(f'{table}_of_owner')} ON {quoted(table)} (owner)")
