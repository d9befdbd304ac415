"""What the try-out's card network knows: payments, and what it has yet to tell. A file of its own, durable before anybody is answered."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec

from gasthof.kernel.clock import WallClock
from gasthof.slices.cards.driver import Begin, Notification, Payment

Choice = Literal["pay", "refuse", "lose", "later", "refund", "charge back"]
LASTS = timedelta(hours=1)  # an unpaid payment
LATER = timedelta(seconds=20)  # until what is looked into is paid
MOST_TRIES = 12
TABLES = """
CREATE TABLE IF NOT EXISTS payment (
    number TEXT PRIMARY KEY, operation TEXT UNIQUE NOT NULL, secret TEXT UNIQUE NOT NULL, wanted BLOB NOT NULL,
    state TEXT NOT NULL, words TEXT NOT NULL DEFAULT '', until REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, payment TEXT NOT NULL REFERENCES payment, state TEXT NOT NULL,
    due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0
);
"""
BECOMES = {  # a choice, in which states it is offered, what comes of it
    "pay": (("open",), "paid"), "lose": (("open",), "paid"), "refuse": (("open",), "refused"), "later": (("open",), "pending"),
    "refund": (("paid",), "refunded"), "charge back": (("paid",), "charged back"),
}  # fmt: skip


class Other(Exception):
    """The same key with another content: never a second payment."""


@dataclass(frozen=True)
class Row:
    number: str
    operation: str
    secret: str
    wanted: Begin
    state: str
    words: str


@dataclass(frozen=True)
class Event:
    """`body`: of the notification."""

    number: int
    notify: str
    body: bytes
    tries: int


class Store:
    """One for all threads; each use is a connection and a transaction of its own."""

    def __init__(self, path: Path, clock: WallClock, pages: str) -> None:
        """`pages`: what payers' addresses begin with."""
        self.path, self.clock, self.pages = path, clock, pages
        with self._changing() as database:
            database.executescript(TABLES)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=20, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            yield database
            if database.in_transaction:
                database.execute("COMMIT")

    @property
    def _now(self) -> float:
        return self.clock.now().timestamp()

    def begin(self, operation: str, wanted: Begin) -> Payment:
        """The payment of that key, made once. Raises Other."""
        with self._changing() as database:
            row = _found(database, "operation", operation)
            if row is None:
                until = self._now + LASTS.total_seconds()
                made = (
                    f"cn-{secrets.token_hex(8)}",
                    operation,
                    secrets.token_urlsafe(24),
                    msgspec.json.encode(wanted),
                    "open",
                    until,
                )
                database.execute("INSERT INTO payment (number, operation, secret, wanted, state, until) VALUES (?, ?, ?, ?, ?, ?)", made)  # fmt: skip
                row = _found(database, "operation", operation)
        if row is None or row.wanted != wanted:
            raise Other
        return self.told(row)

    def find(self, operation: str) -> Payment | None:
        row = self._looked("operation", operation)
        return self.told(row) if row else None

    def of_page(self, secret: str) -> Row | None:
        return self._looked("secret", secret)

    def _looked(self, column: str, key: str) -> Row | None:
        with self._changing() as database:
            self._let_time_pass(database)
            return _found(database, column, key)

    def told(self, row: Row) -> Payment:
        wanted = row.wanted
        return Payment(
            row.number, row.operation, wanted.reference, row.state, wanted.units, wanted.currency,  # type: ignore[arg-type]
            f"{self.pages}/pay/{row.secret}", row.words,
        )  # fmt: skip

    def choose(self, secret: str, choice: Choice) -> Row | None:
        """What the payer, or for what follows the try-out's visitor, has chosen. One that is not offered any more changes nothing."""
        states, becomes = BECOMES[choice]
        with self._changing() as database:
            self._let_time_pass(database)
            row = _found(database, "secret", secret)
            if row is not None and row.state in states:
                words = "Declined by the issuer." if choice == "refuse" else ""
                until = self._now + LATER.total_seconds()
                values = (becomes, words, until, row.number)
                database.execute("UPDATE payment SET state = ?, words = ?, until = ? WHERE number = ?", values)
                if choice != "lose":
                    self._tell_later(database, row.number, becomes)
            return _found(database, "secret", secret)

    def _tell_later(self, database: sqlite3.Connection, number: str, state: str) -> None:
        values = (number, state, self._now)
        database.execute("INSERT INTO event (payment, state, due) VALUES (?, ?, ?)", values)

    def _let_time_pass(self, database: sqlite3.Connection) -> None:
        """What waits for long enough is paid, or nobody's any more."""
        over = "SELECT number, state FROM payment WHERE state IN ('open', 'pending') AND until <= ?"
        for number, state in database.execute(over, (self._now,)).fetchall():
            becomes, words = ("paid", "") if state == "pending" else ("refused", "Nobody paid within an hour.")
            database.execute("UPDATE payment SET state = ?, words = ? WHERE number = ?", (becomes, words, number))
            self._tell_later(database, number, becomes)

    def due(self) -> list[Event]:
        """What is to be told now."""
        with self._changing() as database:
            self._let_time_pass(database)
            found = database.execute(
                "SELECT e.id, e.state, e.tries, p.number FROM event e JOIN payment p ON p.number = e.payment"
                " WHERE e.due <= ? AND e.tries < ? ORDER BY e.id",
                (self._now, MOST_TRIES),
            ).fetchall()
            return [self._event(database, *each) for each in found]

    def _event(self, database: sqlite3.Connection, number: int, state: str, tries: int, payment: str) -> Event:
        row = _found(database, "number", payment)
        if row is None:
            raise LookupError(payment)
        said = msgspec.structs.replace(self.told(row), state=state)
        return Event(number, row.wanted.notify, msgspec.json.encode(Notification(f"{payment}-{number}", said)), tries)

    def answered(self, event: Event, *, taken: bool) -> None:
        """Not taken, it is told again: after a second, doubling."""
        with self._changing() as database:
            if taken:
                database.execute("DELETE FROM event WHERE id = ?", (event.number,))
            else:
                values = (event.tries + 1, self._now + 2**event.tries, event.number)
                database.execute("UPDATE event SET tries = ?, due = ? WHERE id = ?", values)


def _found(database: sqlite3.Connection, column: str, key: str) -> Row | None:
    """By one of its three names."""
    query = {
        "operation": "SELECT number, operation, secret, wanted, state, words FROM payment WHERE operation = ?",
        "secret": "SELECT number, operation, secret, wanted, state, words FROM payment WHERE secret = ?",
        "number": "SELECT number, operation, secret, wanted, state, words FROM payment WHERE number = ?",
    }[column]
    row = database.execute(query, (key,)).fetchone()
    if row is None:
        return None
    number, operation, secret, wanted, state, words = row
    return Row(number, operation, secret, msgspec.json.decode(wanted, type=Begin), state, words)
