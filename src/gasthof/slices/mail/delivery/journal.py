"""What has been handed to Dovecot, so that a mail whose answer got lost is not delivered a second time.

A row is written before a message goes to Dovecot and marked when Dovecot has answered. It survives kill -9 of any process at any
moment; a power cut may take the last rows, and a mail may then come twice, as SMTP allows (RFC 5321 section 4.5.5), but none is lost.
"""

import hashlib
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


class Journal:
    """Shared by all connections' threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = OFF")
        for statement in SCHEMA:
            self._base.execute(statement)

    def close(self) -> None:
        self._base.close()

    def known(self, key: bytes) -> tuple[Literal["new", "begun", "done"], int]:
        """What is known of a delivery, and since when (seconds of the epoch)."""
        with self._lock:
            row = self._base.execute("SELECT done, at FROM deliveries WHERE key = ?", (key,)).fetchone()
        if row is None:
            return "new", 0
        return ("done" if row[0] else "begun"), int(row[1])

    def begin(self, key: bytes, now: datetime) -> None:
        self._write("INSERT OR REPLACE INTO deliveries VALUES (?, ?, 0)", key, int(now.timestamp()))

    def done(self, key: bytes) -> None:
        self._write("UPDATE deliveries SET done = 1 WHERE key = ?", key)

    def purge(self, now: datetime) -> None:
        """What is older than any mail in Postfix' queue."""
        self._write("DELETE FROM deliveries WHERE at < ?", int((now - KEPT).timestamp()))

    def _write(self, statement: str, *values: bytes | int) -> None:
        with self._lock:
            self._base.execute(statement, values)


def key_of(queue_id: str, recipient: bytes) -> bytes:
    """16 bytes that stand for one recipient of one queued mail."""
    return hashlib.sha256(queue_id.encode() + b"\0" + recipient.lower()).digest()[:16]
