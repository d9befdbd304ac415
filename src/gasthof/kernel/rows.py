"""Whose rows the database shows: the second wall, for a filter that somebody forgot (docs/decisions/0007-row-level-security.md).

    with rows.of(actor): ...  # reads: the actor's own rows, none for a stranger
    with rows.staff(): ...  # everybody's, and writes: verbs, jobs, commands

Role and settings are the transaction's (SET LOCAL), so that no connection carries them to whoever has it next. Outside of both,
customers' tables are empty.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from gasthof.kernel.permissions import EVERYWHERE, Actor

APP, STAFF = "gasthof_app", "gasthof_staff"
SET = """
SELECT current_setting('role'), current_setting('gasthof.customer', true), current_setting('gasthof.reseller', true),
    set_config('role', %s, true), set_config('gasthof.customer', %s, true), set_config('gasthof.reseller', %s, true)
"""


@dataclass(frozen=True)
class Rows:
    """As PostgreSQL is told: a role, and the numbers that policies compare with ("" is nobody's)."""

    role: str
    customer: str = ""
    reseller: str = ""


EVERYBODYS = Rows(STAFF)
NOBODYS = Rows(APP)
_inside: ContextVar[Rows | None] = ContextVar("_inside", default=None)  # of of() and staff()
_default: ContextVar[Rows] = ContextVar("_default", default=NOBODYS)  # of by_default()


def rows_of(actor: Actor) -> Rows:
    """By customers only: which parts of a customer's things a user may see is kernel.permissions' business."""
    if actor.role in EVERYWHERE:
        return EVERYBODYS
    if actor.role == "anonymous" or actor.customer is None:
        return NOBODYS
    number = str(actor.customer)
    return Rows(APP, number, number if actor.role == "reseller" else "")


@contextmanager
def of(actor: Actor) -> Iterator[None]:
    """What is read within is the actor's, and nothing of it can be written. In the open transaction, or in one of its own."""
    with _within(rows_of(actor)):
        yield


@contextmanager
def staff() -> Iterator[None]:
    """Everybody's rows, in the open transaction or in one of its own. Whoever calls it answers for what is shown and changed."""
    with _within(EVERYBODYS):
        yield


@contextmanager
def by_default(actor: Actor) -> Iterator[None]:
    """For a request, or a program that waits between its queries: each one that is in neither of() nor staff() sees the actor's
    rows, in a transaction of its own where none is open."""
    token = _default.set(rows_of(actor))
    try:
        with connection.execute_wrapper(_one_query):
            yield
    finally:
        _default.reset(token)


@contextmanager
def _within(rows: Rows) -> Iterator[None]:
    if rows == _inside.get():
        yield
        return
    own = not connection.in_atomic_block
    with transaction.atomic() if own else nullcontext():
        before = _set(rows)
        token = _inside.set(rows)
        try:
            yield
        finally:
            _inside.reset(token)
            if not own and _status() == TransactionStatus.INTRANS:
                _set(before)


def _one_query(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    if _inside.get() is not None:
        return execute(sql, params, many, context)
    if connection.in_atomic_block:  # somebody else's; told each time, since a savepoint may have taken it back
        if _status() != TransactionStatus.INERROR:
            _set(_default.get())
        return execute(sql, params, many, context)
    with _within(_default.get()):
        return execute(sql, params, many, context)


def _set(rows: Rows) -> Rows:
    """Tell PostgreSQL, past Django's wrappers of queries; what was before."""
    with connection.wrap_database_errors:
        found = connection.connection.execute(SET, [rows.role, rows.customer, rows.reseller]).fetchone()
    return Rows(found[0], found[1] or "", found[2] or "")


def _status() -> TransactionStatus | None:
    """In a transaction that failed nothing can be said, and its end takes all back anyway."""
    held = connection.connection
    return None if held is None else held.info.transaction_status
