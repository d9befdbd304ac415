"""One SQLite file and what belongs to it as a whole.

WAL mode with synchronous=FULL: what a method wrote is durable when it returns (sqlite.org, PRAGMA synchronous).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Store:
    """One connection, for one thread."""

    SCHEMA = "CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);"

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.executescript(self.SCHEMA)

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if (
                self.db.in_transaction
            ):  # a full disk may have ended it already (sqlite.org, "Response To Errors Within A Transaction")
                self.db.execute("ROLLBACK")
            raise

    def _fact(self, name: str, default: str) -> str:
        row = self.db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row[0] if row else default

    def _set(self, name: str, value: str) -> None:
        self.db.execute(
            "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )
