"""The agent's memory, agent.db: what this node should hold, how far it has come, and what it still has to tell."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gasthof.agent.outbox import Outbox
from gasthof.agent.wire import Batch, Position, Report, bucket_of, object_digest

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    kind TEXT NOT NULL, key TEXT NOT NULL,
    revision INTEGER NOT NULL,  -- 0: made here (an orphan, or left out of a whole listing); the control plane does not know it
    spec_version INTEGER NOT NULL,
    spec TEXT,                  -- NULL: is to go
    scope TEXT NOT NULL,
    state TEXT NOT NULL,        -- pending, live, failed
    before TEXT NOT NULL,       -- JSON list of the specs that the machine may still show
    listing INTEGER NOT NULL,   -- the whole listing that named it last
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_open ON object (kind, revision) WHERE state <> 'live';
CREATE INDEX IF NOT EXISTS object_scope ON object (scope, kind);
CREATE TRIGGER IF NOT EXISTS object_gone AFTER DELETE ON object BEGIN
    DELETE FROM finding WHERE kind = old.kind AND key = old.key;
END;
"""

MOST_BEFORE = 16  # specs; the first, which was applied, and the newest of those that never were

Scope = Callable[[str, str], str]  # kind, spec's JSON -> the subscription it belongs to, "" where nobody knows
Id = tuple[str, str]  # kind, key


@dataclass(frozen=True, slots=True)
class Desired:
    """One object as the journal has it; specs are JSON."""

    kind: str
    key: str
    revision: int
    spec_version: int
    spec: str | None
    scope: str
    state: str
    before: tuple[str, ...]

    @property
    def id(self) -> Id:
        return self.kind, self.key


@dataclass(frozen=True)
class Verdict:
    """What became of an object: to be marked, and told where the control plane knows the object."""

    desired: Desired
    state: str  # live, failed
    words: str = ""


class Journal(Outbox):
    """One connection, for one thread."""

    SCHEMA = Outbox.SCHEMA + SCHEMA

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.db.create_function("remembered", 3, _remembered, deterministic=True)

    # How far

    def position(self) -> Position:
        return Position(**json.loads(self._fact("position", "{}")))

    def complete(self) -> bool:
        """Whether it names all that this node should hold: it was told anything at all, and no whole listing is under way."""
        return self.position() != Position() and self._fact("listing_open", "") != "yes"

    def take(self, batch: Batch, scope: Scope) -> int:
        """A batch and its position, together. Returns how many changes it held."""
        if not batch.changes and batch.position == self.position() and not batch.full:
            return 0
        with self._writing():
            listing = self._listing(batch)
            for change in batch.changes:
                found = scope(change.kind, change.spec) if change.spec is not None else ""
                self.db.execute(
                    """INSERT INTO object VALUES (:kind, :key, :revision, :spec_version, :spec, :scope, 'pending', '[]', :listing)
                    ON CONFLICT (kind, key) DO UPDATE SET revision = :revision, spec_version = :spec_version, spec = :spec,
                        scope = CASE WHEN :spec IS NULL THEN scope ELSE :scope END, state = 'pending', listing = :listing,
                        before = remembered(before, spec, state)""",
                    asdict(change) | {"scope": found, "listing": listing},
                )
            if not batch.more and self._fact("listing_open", "") == "yes":
                self._drop_unnamed(listing)
                self._set("listing_open", "")
            self._set("position", json.dumps(asdict(batch.position)))
        return len(batch.changes)

    def _listing(self, batch: Batch) -> int:
        number = int(self._fact("listing", "0"))
        if batch.full:
            number += 1
            self._set("listing", str(number))
            self._set("listing_open", "yes")
        return number

    def _drop_unnamed(self, listing: int) -> None:
        rows = self.db.execute(
            "SELECT kind, key FROM object WHERE listing < ? AND spec IS NOT NULL", (listing,)
        ).fetchall()
        self._forsake(rows)
        self.db.execute("UPDATE object SET revision = 0 WHERE listing < ? AND spec IS NULL", (listing,))

    def forsake(self, ids: Iterable[Id]) -> None:
        """These are to go, although no tombstone came; the control plane does not know them."""
        with self._writing():
            self._forsake(ids)

    def _forsake(self, ids: Iterable[Id]) -> None:
        self.db.executemany(
            """INSERT INTO object VALUES (?, ?, 0, 0, NULL, '', 'pending', '[]', 0)
            ON CONFLICT (kind, key) DO UPDATE SET revision = 0, spec = NULL, state = 'pending',
                before = remembered(before, spec, state)""",
            list(ids),
        )

    # What

    def open_ids(self) -> list[tuple[str, str, str, bool]]:
        """(kind, key, scope, is to go) of each object not applied, by kind and revision."""
        query = "SELECT kind, key, scope, spec IS NULL FROM object WHERE state <> 'live' ORDER BY kind, revision"
        return [(kind, key, scope, bool(gone)) for kind, key, scope, gone in self.db.execute(query)]

    def read(self, ids: Iterable[Id]) -> list[Desired]:
        """In the order given; those that are gone are left out."""
        query = "SELECT kind, key, revision, spec_version, spec, scope, state, before FROM object WHERE kind = ? AND key = ?"
        rows = (self.db.execute(query, one).fetchone() for one in ids)
        return [_desired(row) for row in rows if row]

    def wanted_ids(self, kind: str) -> list[Id]:
        """All applied objects of a kind, for audits."""
        return [
            (kind, key)
            for (key,) in self.db.execute(
                "SELECT key FROM object WHERE kind = ? AND state = 'live' AND spec IS NOT NULL", (kind,)
            )
        ]

    def keys(self, kind: str) -> set[str]:
        """Every key of a kind that the journal knows, in whatever state."""
        return {key for (key,) in self.db.execute("SELECT key FROM object WHERE kind = ?", (kind,))}

    def around(self, kind: str, scope: str) -> list[Desired]:
        """The wanted objects of a kind in a scope."""
        query = """SELECT kind, key, revision, spec_version, spec, scope, state, before FROM object
            WHERE scope = ? AND kind = ? AND spec IS NOT NULL"""
        return [_desired(row) for row in self.db.execute(query, (scope, kind))]

    def count(self) -> int:
        """Objects of this node, wanted or not gone yet."""
        return int(self.db.execute("SELECT count(*) FROM object").fetchone()[0])

    def digests(self) -> dict[str, int]:
        """Bucket -> XOR of its wanted objects' digests; buckets that hold none are left out."""
        found: dict[int, int] = defaultdict(int)
        for kind, key, version, spec in self.db.execute(
            "SELECT kind, key, spec_version, spec FROM object WHERE spec IS NOT NULL"
        ):
            found[bucket_of(kind, key)] ^= object_digest(kind, key, version, spec)
        return {str(bucket): value for bucket, value in sorted(found.items())}

    def unnamed(self, differing: Mapping[str, Sequence[Sequence[str]]]) -> list[Id]:
        """Wanted here, in buckets that differ, and not among what should be there."""
        named = {(kind, key) for pairs in differing.values() for kind, key in pairs}
        rows = self.db.execute("SELECT kind, key FROM object WHERE spec IS NOT NULL AND revision > 0")
        return [
            (kind, key) for kind, key in rows if str(bucket_of(kind, key)) in differing and (kind, key) not in named
        ]

    # What became of it

    def mark(self, verdicts: Iterable[Verdict]) -> None:
        """States and reports, together. A verdict on a revision that was overtaken meanwhile counts for nothing."""
        with self._writing():
            for verdict in verdicts:
                self._mark(verdict)

    def _mark(self, verdict: Verdict) -> None:
        one = verdict.desired
        done = self.db.execute(
            """UPDATE object SET state = :state, before = CASE :state WHEN 'live' THEN '[]' ELSE before END
            WHERE kind = :kind AND key = :key AND revision = :revision AND spec IS :spec""",
            {"state": verdict.state, "kind": one.kind, "key": one.key, "revision": one.revision, "spec": one.spec},
        )
        if not done.rowcount:
            return
        if one.revision:
            self._tell(Report(one.kind, one.key, one.revision, verdict.state, verdict.words))  # type: ignore[arg-type]
        elif verdict.state == "live" and one.spec is None:
            self.db.execute("DELETE FROM object WHERE kind = ? AND key = ?", one.id)

    def note_drift(self, found: Iterable[tuple[Desired, str]]) -> None:
        """What was found changed by hand is told, and open until it is set right."""
        with self._writing():
            for one, words in found:
                self._reopen(one)
                if one.revision:
                    self._tell(Report(one.kind, one.key, one.revision, "drift", words))

    def reopen(self, objects: Sequence[Desired]) -> None:
        """Live objects that are being set right and are not yet: open, and nothing is told."""
        if objects:
            with self._writing():
                for one in objects:
                    self._reopen(one)

    def _reopen(self, one: Desired) -> None:
        self.db.execute(
            "UPDATE object SET state = 'pending', before = json_array(spec) WHERE kind = ? AND key = ? AND state = 'live'",
            one.id,
        )

    def release(self, ids: Iterable[Id]) -> None:
        """A person let these go; remembered until none of them is open."""
        with self._writing():
            self._set("released", json.dumps(sorted(ids)))

    def released(self) -> set[Id]:
        return {(kind, key) for kind, key in json.loads(self._fact("released", "[]"))}

    def park(self, why: str | None) -> None:
        """The control plane hands nothing out, for this reason; None: it does again. Outlives a start without it."""
        with self._writing():
            self._set("parked", why or "")

    def parked(self) -> str | None:
        return self._fact("parked", "") or None


def _remembered(before: str, spec: str | None, state: str) -> str:
    """An object's `before`, when its spec is replaced."""
    if spec is None:
        return before
    if state == "live":
        return json.dumps([spec])
    known = json.loads(before)
    if spec in known:
        return before
    return json.dumps([*known[:1], *known[1:][2 - MOST_BEFORE :], spec])


def _desired(row: tuple[str, str, int, int, str | None, str, str, str]) -> Desired:
    return Desired(*row[:7], before=tuple(json.loads(row[7])))
