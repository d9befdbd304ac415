"""How far each log has been split, so that every line reaches its customer once, however often this process is killed.

Before lines are appended, each target's size is written down; afterwards, in one transaction, that they are done. What a new
start finds written down but not done is cut off again and redone.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS source (inode INTEGER PRIMARY KEY, done INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS target (customer TEXT PRIMARY KEY, inode INTEGER NOT NULL, size INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Mark:
    """A target before a batch."""

    customer: str
    inode: int
    size: int  # bytes


class Journal:
    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_TABLES)

    def done(self, inode: int) -> int:
        """Bytes of that source that have been split."""
        row = self._database.execute("SELECT done FROM source WHERE inode = ?", (inode,)).fetchone()
        return row[0] if row else 0

    def begin(self, marks: list[Mark]) -> None:
        """What is about to be appended to."""
        with self._transaction() as database:
            database.executemany(
                "INSERT INTO target VALUES (?, ?, ?)", [(mark.customer, mark.inode, mark.size) for mark in marks]
            )

    def finish(self, inode: int, done: int) -> None:
        """All of it has been."""
        with self._transaction() as database:
            database.execute("DELETE FROM target")
            database.execute("INSERT OR REPLACE INTO source VALUES (?, ?)", (inode, done))

    def unfinished(self) -> list[Mark]:
        return [Mark(*row) for row in self._database.execute("SELECT customer, inode, size FROM target")]

    def clear(self) -> None:
        """What was unfinished has been cut off."""
        self._database.execute("DELETE FROM target")

    def forget(self, inode: int) -> None:
        """That source goes; its number may come back for another file."""
        self._database.execute("DELETE FROM source WHERE inode = ?", (inode,))

    def close(self) -> None:
        self._database.close()

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._database)


class _Transaction:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database

    def __exit__(self, kind: object, *_: object) -> None:
        self._database.execute("ROLLBACK" if kind else "COMMIT")
