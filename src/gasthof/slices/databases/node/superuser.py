"""The superuser's sessions at the customers' PostgreSQL.

Every session has pg_catalog alone in its search path: what a customer made in a database is never called by a name of ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable, OperationalError

from gasthof.agent.sdk.ask import Away
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import patience, places
from gasthof.slices.databases.node.config import ADMIN
from gasthof.slices.databases.node.patience import PATIENT, Busy, Slow

DOOR = ADMIN  # the database that nobody but the superuser may enter
OPTIONS = "-c search_path=pg_catalog,pg_temp -c statement_timeout=10min -c lock_timeout=1s -c idle_in_transaction_session_timeout=60s"
LOOK = 0.2  # seconds that a statement may take before it is asked who holds it up
CONCURRENT = (
    "tuple concurrently"  # PostgreSQL's words for a row of a catalog that another session changed at the same time
)
BLOCKERS = """SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
    WHERE a.pid = ANY(pg_blocking_pids(%s)) AND a.usename <> %s AND position('.' in a.usename) = 0"""


class Session(psycopg.Connection[tuple[object, ...]]):
    """One of the superuser's. What takes longer than its seconds is Slow; customers' sessions that hold it up are ended meanwhile."""

    prefix: Prefix
    seconds: float = PATIENT

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(self._limited(gen), min(interval, 0.1), timeout)

    def _limited(self, gen: Any) -> Any:
        since = monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready:
                    self._overdue(monotonic() - since)
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _overdue(self, seconds: float) -> None:
        if seconds > self.seconds:
            pid = self.pgconn.backend_pid
            self.pgconn.finish()
            raise Slow(f"PostgreSQL is slow: {pid} took {seconds:.0f} s")
        if seconds > LOOK:
            self._end_blockers()

    def _end_blockers(self) -> None:
        with suppress(psycopg.Error), _connection(self.prefix, DOOR, psycopg.Connection) as other:
            other.execute(BLOCKERS, [self.pgconn.backend_pid, ADMIN])


def _connection(prefix: Prefix, database: str, how: Any) -> Any:
    return how.connect(
        host=str(places.postgres_socket(prefix)), port=prefix.ports["postgres"], user=ADMIN, dbname=database,
        autocommit=True, connect_timeout=2, options=OPTIONS,
    )  # fmt: skip


@contextmanager
def connected(prefix: Prefix, database: str = DOOR, seconds: float = PATIENT) -> Iterator[Session]:
    """A session of the superuser's, for statements of so many seconds. Away when nobody answers, or no longer; Slow when it takes longer."""
    socket, since = places.postgres_socket(prefix), monotonic()
    patience.check(socket, seconds)
    try:
        session: Session = _connection(prefix, database, Session)
    except OperationalError as error:
        patience.note(socket, since)
        raise Away(f"PostgreSQL does not answer: {error}") from error
    session.prefix, session.seconds = prefix, seconds
    with session:
        try:
            yield session
        except psycopg.Error as error:
            if session.broken:
                raise Away(f"PostgreSQL went away: {error}") from error
            raise


@contextmanager
def judged(session: Session) -> Iterator[None]:
    """What is wrong with one statement, in words. Busy for what somebody holds."""
    try:
        yield
    except psycopg.Error as error:
        if session.broken:
            raise Away(f"PostgreSQL went away: {error}") from error
        if isinstance(error, LockNotAvailable | DeadlockDetected) or CONCURRENT in str(error):
            raise Busy from error
        raise RuntimeError(f"PostgreSQL: {error}") from error
