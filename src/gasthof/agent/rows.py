# ruff: noqa: S608 - identifiers come from the file's own schema, and are quoted
"""Writes look-up databases, in place: one transaction a database and batch, open connections in between.

While a change is open, the table `BEFORE` of the database holds the rows that were there, so that a kill cannot lose them
(docs/decisions/0005-lookup-databases.md). Of a plan with nothing but rows in one database there is no such moment.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import apsw

from gasthof.agent import lookup_files
from gasthof.agent.run import Run, alive, all_or_none
from gasthof.agent.sdk.ask import Away
from gasthof.agent.sdk.lookup import BEFORE, SYNCHRONOUS, files, in_order, opened, quoted, tables, version
from gasthof.agent.sdk.steps import LookupDatabase, Plan, Row, Rows, SetRows

WHOLE = ""  # the place of the witness that a change is open
OWN_FAULT = (
    apsw.SQLError,
    apsw.MismatchError,
    apsw.TooBigError,
    ValueError,
    TypeError,
)  # of these rows, not of the file


@dataclass(frozen=True)
class Opened:
    """A database to write to."""

    connection: apsw.Connection
    tables: tuple[str, ...]
    files: tuple[int, ...]  # inodes: what is written to others, no daemon sees


class LookUps:
    """One connection a database, for one thread."""

    def __init__(self) -> None:
        self._opened: dict[Path, Opened] = {}

    def close(self) -> None:
        for path in list(self._opened):
            self._drop(path)

    def make(self, database: LookupDatabase) -> None:
        """Make the database, or set it right. FileExistsError when something else is in its place."""
        self._drop(database.path)
        lookup_files.make(database)

    def write(self, runs: Sequence[Run]) -> Iterator[str]:
        """Set the rows of these plans; yields after each database. What was there is in `run.rows` then."""
        left = list(_databases(run.plan for run in runs))
        while left:
            database = left.pop(0)
            steps = [(run, step) for run in alive(runs) for step in run.plan.rows if step.database == database]
            for run, step in steps:
                run.witnessed |= {step.database} if _may_fail_later(run.plan, left) else set()
            if steps:
                all_or_none([run for run, _ in steps], partial(self._write, database, steps))
                yield "rows"

    def _write(self, database: LookupDatabase, steps: Sequence[tuple[Run, SetRows]]) -> None:
        written: list[tuple[Run, SetRows, Rows]] = []
        refused: list[tuple[Run, SetRows, Exception]] = []
        with self._changing(database) as place:
            waiting = list(steps)
            while waiting:
                refused = list(_set_all(place, waiting, written))
                if len(refused) == len(waiting):
                    break
                waiting = [(run, step) for run, step, error in refused if isinstance(error, apsw.ConstraintError)]
                for run, _, error in refused:
                    if not isinstance(error, apsw.ConstraintError):
                        run.fail(f"{database.path.name}: {error}")
        for run, step, before in written:
            run.rows.append((step, before))
        for run, _, error in refused:
            run.fail(f"{database.path.name}: {error}")

    def put_back(self, runs: Sequence[Run]) -> Iterator[str]:
        """The rows that these plans found, last database first; yields after each. Away or RuntimeError: the next attempt knows them still."""
        for database in reversed(list(_databases(run.plan for run in runs))):
            found = [(step, before) for run in runs for step, before in run.rows if step.database == database]
            if found:
                with self._changing(database) as place:
                    for step, before in found:
                        _replace(place, step.owner, before)
                    _forget(place, [step.owner for step, _ in found])
                yield "put back rows"

    def settle(self, runs: Sequence[Run]) -> Iterator[str]:
        """These changes hold: forget what was before."""
        for database in _databases(run.plan for run in runs):
            members = [run for run in alive(runs) if database in run.witnessed]
            owners = [step.owner for run in members for step, _ in run.rows if step.database == database]
            if owners:
                all_or_none(members, partial(self._settle, database, owners))
                yield "settle rows"

    def _settle(self, database: LookupDatabase, owners: Sequence[str]) -> None:
        """A power cut may bring the witnesses back: then it is done again. So a log need not be synced."""
        connection = self._place(database).connection
        if database.journal == "wal":
            connection.pragma("synchronous", "normal")
        try:
            with self._changing(database) as place:
                _forget(place, owners)
        finally:
            connection.pragma("synchronous", SYNCHRONOUS[database.journal])

    @contextmanager
    def _changing(self, database: LookupDatabase) -> Iterator[Opened]:
        """One transaction, durable when this ends. Away while a reader does not let go; RuntimeError with SQLite's words."""
        place = self._place(database)
        try:
            place.connection.execute("BEGIN IMMEDIATE")
            yield place
            place.connection.execute("COMMIT")
        except apsw.BusyError as error:
            raise Away(f"{database.path.name} is locked") from error
        except apsw.Error as error:
            raise RuntimeError(f"{database.path.name}: {error}") from error
        finally:
            if place.connection.in_transaction:
                place.connection.execute("ROLLBACK")

    def _place(self, database: LookupDatabase) -> Opened:
        known = self._opened.get(database.path)
        if known and known.files == _inodes(database):
            return known
        self._drop(database.path)
        if not database.path.exists():
            raise RuntimeError(f"{database.path.name} is missing")
        connection = opened(database)
        if connection.pragma("user_version") != version(database):
            connection.close()
            raise RuntimeError(f"{database.path.name} has another schema")
        self._opened[database.path] = Opened(connection, tuple(tables(connection)), _inodes(database))
        return self._opened[database.path]

    def _drop(self, path: Path) -> None:
        known = self._opened.pop(path, None)
        if known:
            with suppress(apsw.Error):  # of a file that is damaged or gone
                known.connection.close()


def _may_fail_later(plan: Plan, left: Sequence[LookupDatabase]) -> bool:
    """Whether anything can still fail once its rows are written, in one of the databases that are left, say."""
    return bool(plan.change or plan.after or plan.verify) or any(step.database in left for step in plan.rows)


def _databases(plans: Iterable[Plan]) -> Iterable[LookupDatabase]:
    """What others are only filled from comes first: it is durable before they serve it."""
    found = dict.fromkeys(step.database for plan in plans for step in plan.rows)
    return sorted(found, key=lambda database: not database.kept)


def _set_all(
    place: Opened, steps: Iterable[tuple[Run, SetRows]], written: list[tuple[Run, SetRows, Rows]]
) -> Iterator[tuple[Run, SetRows, Exception]]:
    """Yields those that were refused: until another's rows are gone, perhaps."""
    for run, step in steps:
        try:
            written.append((run, step, _set(place, step, witness=step.database in run.witnessed)))
        except (apsw.ConstraintError, *OWN_FAULT) as error:
            yield run, step, error


def _set(place: Opened, step: SetRows, *, witness: bool) -> Rows:
    """The rows that were there before the first change that is still open."""
    connection = place.connection
    connection.execute("SAVEPOINT one")
    try:
        before = _before(place, step.owner)
        if before is None:
            before = _rows(place, step.owner)
            if witness:
                _remember(place, step.owner, before)
        elif not witness:  # of an attempt that was broken off; this one has nothing to fear
            _forget(place, [step.owner])
        _replace(place, step.owner, step.rows)
    except BaseException:
        if connection.in_transaction:  # SQLite may have ended it: sqlite.org, "Response To Errors Within A Transaction"
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
        raise
    connection.execute("RELEASE one")
    return before


def _rows(place: Opened, owner: str) -> Rows:
    found = {}
    for table in place.tables:
        query = f"SELECT * FROM {quoted(table)} WHERE owner = ?"
        held: list[Row] = [tuple(row) for _, *row in place.connection.execute(query, (owner,))]
        if held:
            found[table] = in_order(held)
    return found


def _replace(place: Opened, owner: str, rows: Rows) -> None:
    for table in place.tables:
        place.connection.execute(f"DELETE FROM {quoted(table)} WHERE owner = ?", (owner,))
    for table, held in rows.items():
        for row in held:
            values = ", ".join("?" * (len(row) + 1))
            place.connection.execute(f"INSERT INTO {quoted(table)} VALUES ({values})", (owner, *row))


def _before(place: Opened, owner: str) -> Rows | None:
    query = f"SELECT place, row FROM {BEFORE} WHERE owner = ?"
    found: dict[str, list[Row]] = {}
    for table, row in place.connection.execute(query, (owner,)).fetchall():
        found.setdefault(str(table), []).append(tuple(json.loads(str(row))))
    return {table: tuple(held) for table, held in found.items() if table != WHOLE} if found else None


def _remember(place: Opened, owner: str, rows: Rows) -> None:
    held = [(owner, table, json.dumps(row)) for table, found in rows.items() for row in found]
    place.connection.executemany(f"INSERT INTO {BEFORE} VALUES (?, ?, ?)", [(owner, WHOLE, "[]"), *held])


def _forget(place: Opened, owners: Iterable[str]) -> None:
    place.connection.executemany(f"DELETE FROM {BEFORE} WHERE owner = ?", [(owner,) for owner in owners])


def _inodes(database: LookupDatabase) -> tuple[int, ...]:
    return tuple(path.stat().st_ino if path.exists() else 0 for path in files(database))
