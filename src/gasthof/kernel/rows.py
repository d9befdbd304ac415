"""Whose rows the database shows: the second wall, for a filter that somebody forgot (docs/decisions/0007-row-level-security.md).

    with rows.by_default(actor): ...  # a request, a job, a program: each of its queries sees the actor's rows
    with rows.of(actor): ...  # reads: the actor's own rows, none for a stranger
    with rows.staff(): ...  # everybody's, and writes: verbs, look-ups by what is a secret itself

Outside of all three customers' tables are empty. by_default tells the connection, once, and takes it back at its end or closes
the connection; of and staff tell the transaction (SET LOCAL), which ends with them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.db import Error, connection, transaction
from psycopg.pq import TransactionStatus

from gasthof.kernel.permissions import EVERYWHERE, Actor

APP, STAFF = "gasthof_app", "gasthof_staff"
SET = """
SELECT current_setting('role'), current_setting('gasthof.customer', true), current_setting('gasthof.reseller', true),
    set_config('role', %s, {local}), set_config('gasthof.customer', %s, {local}), set_config('gasthof.reseller', %s, {local})
"""
SET_LOCAL, SET_SESSION = (SET.format(local=local) for local in ("true", "false"))


@dataclass(frozen=True)
class Rows:
    """As PostgreSQL is told: a role, and the numbers that policies compare with ("" is nobody's)."""

    role: str
    customer: str = ""
    reseller: str = ""


@dataclass
class Scope:
    """Of one by_default()."""

    rows: Rows
    in_transaction: bool  # it began in somebody's, whose rollback to a savepoint would take back what was told
    before: Rows | None = None  # of that transaction, once something was told


EVERYBODYS = Rows(STAFF)
NOBODYS = Rows(APP)
_inside: ContextVar[Rows | None] = ContextVar("_inside", default=None)  # of of() and staff()
_scope: ContextVar[Scope | None] = ContextVar("_scope", default=None)
_told: WeakKeyDictionary[Any, Rows | None] = WeakKeyDictionary()  # by psycopg's connection; None while it is not known


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
    """What is read within is the actor's, and nothing of it can be written."""
    rows, scope = rows_of(actor), _scope.get()
    if _inside.get() is None and scope and scope.rows == rows:
        yield  # each query is told so anyway
        return
    with _within(rows):
        yield


@contextmanager
def staff() -> Iterator[None]:
    """Everybody's rows, in the open transaction or in one of its own. Whoever calls it answers for what is shown and changed."""
    with _within(EVERYBODYS):
        yield


@contextmanager
def by_default(actor: Actor) -> Iterator[Callable[[Actor], None]]:
    """For a request, or a program that waits between its queries: each one that is in neither of() nor staff() sees the actor's
    rows, from the first one on. Yields what goes on as somebody else, once it is known who that is."""
    outer = _scope.get()
    scope = Scope(rows_of(actor), connection.in_atomic_block)
    tokens = _scope.set(scope), _inside.set(None)
    watched = nullcontext() if outer else connection.execute_wrapper(_one_query)
    try:
        with watched:
            yield lambda known: _go_on(scope, rows_of(known))
    finally:
        try:
            _leave(scope, outer)
        finally:
            _scope.reset(tokens[0])
            _inside.reset(tokens[1])


@contextmanager
def _within(rows: Rows) -> Iterator[None]:
    if rows == _inside.get():
        yield
        return
    own = not connection.in_atomic_block
    with transaction.atomic() if own else nullcontext():
        known = own and _told.get(connection.connection) == rows
        before = None if known else _tell_transaction(rows)
        token = _inside.set(rows)
        try:
            yield
        finally:
            _inside.reset(token)
            if before and not own and _status() == TransactionStatus.INTRANS:
                _tell_transaction(before)


def _one_query(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    scope = _scope.get()
    if scope and _inside.get() is None:
        _tell(scope)
    return execute(sql, params, many, context)


def _tell(scope: Scope) -> None:
    """Before a query. What the connection was told holds in each transaction that begins afterwards."""
    told = not scope.in_transaction and _told.get(connection.connection) == scope.rows
    if told or _status() == TransactionStatus.INERROR:
        return
    if connection.in_atomic_block:
        before = _tell_transaction(scope.rows)
        scope.before = scope.before or before
    else:
        _tell_connection(scope.rows)


def _go_on(scope: Scope, rows: Rows) -> None:
    """At once, where something else was told: nothing of it is to be met by code that goes past Django."""
    if connection.in_atomic_block and not scope.in_transaction:
        raise RuntimeError("whose rows are shown does not change within a transaction")
    scope.rows = rows
    if not scope.in_transaction and connection.connection in _told:
        _tell(scope)


def _leave(scope: Scope, outer: Scope | None) -> None:
    if not scope.in_transaction:
        _take_back(outer.rows if outer else NOBODYS)
    elif scope.before and _status() == TransactionStatus.INTRANS:
        _tell_transaction(scope.before)
    if outer is None and connection.connection in _told:
        del _told[connection.connection]  # the next scope tells in any case, and trusts in nothing


def _take_back(rows: Rows) -> None:
    """What the connection was told. One that cannot be told is closed: the next one begins without."""
    held = connection.connection
    if held is None or _told.get(held, rows) == rows:
        return
    try:
        if _status() == TransactionStatus.IDLE:
            _tell_connection(rows)
    except Error:
        pass  # the answer is made, of the right rows
    finally:
        if _told[held] != rows:
            connection.close()


def _tell_connection(rows: Rows) -> None:
    """Outside of transactions, since a rollback would take it back."""
    held = connection.connection
    _told[held] = None
    _set(SET_SESSION, rows)
    _told[held] = rows


def _tell_transaction(rows: Rows) -> Rows:
    """What was before."""
    return _set(SET_LOCAL, rows)


def _set(sql: str, rows: Rows) -> Rows:
    """Tell PostgreSQL, past Django's wrappers of queries; what was before."""
    with connection.wrap_database_errors:
        found = connection.connection.execute(sql, [rows.role, rows.customer, rows.reseller]).fetchone()
    return Rows(found[0], found[1] or "", found[2] or "")


def _status() -> TransactionStatus | None:
    """In a transaction that failed nothing can be said, and its end takes all back anyway."""
    held = connection.connection
    return None if held is None else held.info.transaction_status
