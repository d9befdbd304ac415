"""What has been handed to Dovecot, so that a mail whose answer got lost is not delivered a second time.

A row is written before a message goes to Dovecot and marked when Dovecot has answered. It survives kill -9 of any process at any
moment, and stays whole in a power cut, which may take the last rows (sqlite.org, "PRAGMA synchronous"): a mail may then come twice, as
SMTP allows (RFC 5321 section 4.5.5), but none is lost. A file that is damaged all the same is set aside, and another one begun.
"""

import hashlib
import logging
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

KEPT = timedelta(days=7)  # Postfix gives a mail up after 5
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS deliveries (key BLOB PRIMARY KEY, at INTEGER NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS deliveries_at ON deliveries (at)",
)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

log = logging.getLogger("gasthof.mail.delivery")


class Damaged(sqlite3.DatabaseError):
    """Found by looking, not by stumbling."""


class Journal:
    """Shared by all connections' threads."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        try:
            self._base = _opened(path)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)

    def close(self) -> None:
        self._base.close()

    def known(self, key: bytes) -> tuple[Literal["new", "begun", "done"], int]:
        """What is known of a delivery, and since when (seconds of the epoch)."""
        rows = self._run("SELECT done, at FROM deliveries WHERE key = ?", key)
        if not rows:
            return "new", 0
        return ("done" if rows[0][0] else "begun"), rows[0][1]

    def begin(self, key: bytes, now: datetime) -> None:
        self._run("INSERT OR REPLACE INTO deliveries VALUES (?, ?, 0)", key, int(now.timestamp()))

    def done(self, key: bytes) -> None:
        self._run("UPDATE deliveries SET done = 1 WHERE key = ?", key)

    def purge(self, now: datetime) -> None:
        """What is older than any mail in Postfix' queue."""
        self._run("DELETE FROM deliveries WHERE at < ?", int((now - KEPT).timestamp()))

    def _run(self, statement: str, *values: bytes | int) -> list[tuple[int, int]]:
        """sqlite3.Error when it was not done; when the file is damaged, the next one meets a new file."""
        with self._lock:
            try:
                return self._base.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                self._base.close()
                self._begin_anew(error)
                raise

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        """Any error but that of a damaged file is raised again by the attempt to open it as it is."""
        if not isinstance(error, Damaged) and getattr(error, "sqlite_errorcode", 0) & 0xFF not in DAMAGED:
            self._base = _opened(self._path)
            return
        log.error("%s is damaged: %s", self._path, error)
        for suffix in ("", "-wal", "-shm"):
            found = Path(f"{self._path}{suffix}")
            if found.exists():
                found.replace(f"{self._path}.damaged{suffix}")
        self._base = _opened(self._path)


def _opened(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        for statement in SCHEMA:
            base.execute(statement)
        words = base.execute("PRAGMA quick_check(1)").fetchone()[0]
        if words != "ok":
            raise Damaged(words)
    except BaseException:
        base.close()
        raise
    return base


def key_of(queue_id: str, recipient: bytes) -> bytes:
    """16 bytes that stand for one recipient of one queued mail."""
    return hashlib.sha256(queue_id.encode() + b"\0" + recipient.lower()).digest()[:16]
