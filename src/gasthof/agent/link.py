"""The agent's connection to the control plane: two functions and one channel in PostgreSQL (docs/change-protocol.md)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString, Self, TypeVar

import msgspec
import psycopg
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from gasthof.agent.wire import Answer, Batch, NodeReport, Position, PreviewTold
from gasthof.prefix import Prefix

T = TypeVar("T")

DATABASE = "gasthof"
STATEMENT_SECONDS = 60
PATIENCE = 90.0  # seconds for an answer; a server that cannot even stop at its own limit is left
MOST_REPORTS = 400  # in one message, well below what node_report takes
MOST_WORDS = 4000
ENDURANCE: dict[str, Any] = {  # a dead peer is noticed within a minute, over a network
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 40_000,
}


class LinkLost(Exception):
    """The connection is gone or the control plane is not well: connect again, later."""


class LinkRefused(LinkLost):
    """The control plane answered, and would not have it. Its words are the message."""


def role_of(node: str) -> str:
    """The database role of a node, which is also the channel that it is woken on."""
    return f"node_{node}"


class _Patient(psycopg.Connection[TupleRow]):
    """No question waits for ever: a server may hold a connection and never answer, one whose postmaster was killed, say."""

    patience = PATIENCE

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


class Link:
    """One connection, for one thread. Every method raises LinkLost; then the link is of no more use."""

    def __init__(self, host: Path | str, role: str, database: str = DATABASE) -> None:
        """Connect and listen. `host` is a socket's folder or a name."""
        options = f"-c statement_timeout={STATEMENT_SECONDS}s"
        with _lost():
            self._connection = _Patient.connect(
                host=str(host), dbname=database, user=role, autocommit=True, options=options,
                application_name=f"gasthof-agent {role}", **ENDURANCE,
            )  # fmt: skip
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(role)))

    @classmethod
    def of(cls, prefix: Prefix) -> Self:
        """To the private cluster of this prefix, as its node."""
        return cls(prefix.postgres_socket, role_of(prefix.node))

    def changes(self, position: Position) -> Batch:
        """What is new since that position. Present the answer's position once its changes are durable."""
        return self._ask("SELECT node_changes(%s::jsonb)::text", position, Batch)

    def report(self, report: NodeReport) -> Answer:
        """Tell it, in several messages if it is long; `accepted` counts all of them."""
        accepted = 0
        for start in range(0, len(report.reports) - MOST_REPORTS, MOST_REPORTS):
            part = replace(
                report,
                reports=report.reports[start : start + MOST_REPORTS],
                facts=None,
                digests=None,
                findings=(),
                fixtures=(),
            )
            accepted += self._say(part).accepted
        rest = (len(report.reports) - 1) // MOST_REPORTS * MOST_REPORTS if report.reports else 0
        answer = self._say(replace(report, reports=report.reports[rest:]))
        return replace(answer, accepted=accepted + answer.accepted)

    def preview_wanted(self) -> int | None:
        """The number of a wish to see what would be changed, that nobody has answered."""
        with _lost():
            row = self._connection.execute("SELECT node_preview_wanted()", prepare=True).fetchone()
        return row[0] if row else None

    def preview_told(self, told: PreviewTold) -> None:
        """A portion of the answer."""
        parts = tuple(replace(each, text=_sound(each.text)) for each in told.parts)
        message = msgspec.json.encode(replace(told, parts=parts)).decode()
        with _lost():
            self._connection.execute("SELECT node_preview_told(%s::jsonb)", [message], prepare=True)

    def wait(self, seconds: float) -> bool:
        """Sleep until woken (True) or for so long. Hints that came meanwhile are taken together."""
        with _lost():
            hints = list(self._connection.notifies(timeout=seconds, stop_after=1))
            hints += self._connection.notifies(timeout=0)
        return bool(hints)

    def close(self) -> None:
        self._connection.close()

    def _say(self, report: NodeReport) -> Answer:
        reports = tuple(replace(each, words=_sayable(each.words)) for each in report.reports)
        held = None if report.held is None else _sayable(report.held)
        return self._ask("SELECT node_report(%s::jsonb)::text", replace(report, reports=reports, held=held), Answer)

    def _ask(self, query: LiteralString, message: object, answer: type[T]) -> T:
        with _lost():
            row = self._connection.execute(query, [msgspec.json.encode(message).decode()], prepare=True).fetchone()
        return msgspec.json.decode(row[0] if row else "", type=answer, strict=True)


def _sayable(words: str) -> str:
    """What a daemon said, cut to size, without what JSON or PostgreSQL cannot hold: one odd byte must not stop all reports."""
    return _sound(words[:MOST_WORDS])


def _sound(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


@contextmanager
def _lost() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise LinkLost(str(error).strip()) from error
    except psycopg.Error as error:
        raise LinkRefused(str(error).strip()) from error
