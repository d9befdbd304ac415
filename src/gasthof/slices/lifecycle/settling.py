"""The sweep's SQL: one statement that finds where services should stand, moves them, and writes events and outbox with it.

What is closed by a hold, its own or that of what it belongs to, stands beside the phase: `closed` flips where a phase stays, and where one
comes that serves, the machine is told to suspend instead of to open. So it is open exactly while its phase serves and nothing closes it.
Which parts of it are taken stands in `taken`, as bits; as these change within a phase, the machine is told anew.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection

from gasthof.slices.lifecycle.rules.evaluate import GONE
from gasthof.slices.lifecycle.rules.facts import CLOSING, TAKES, mask


class Which(NamedTuple):
    """The services that a statement takes, as parts of its SQL. `given`: days that their end comes later from now on, by their entry's end `e`."""

    where: str
    end: str = ""
    given: str = "0"
    locked: str = ""


DUE = Which("s.due_at <= %(today)s", locked="SKIP LOCKED")
THESE = Which("s.id = ANY (%(ids)s)")
BELOW = Which("s.parent_id = ANY (%(ids)s)")
# After an outage, from `since` to `until`: an end that would have come since its beginning comes later by all of its days on which the
# customer could have paid. Nothing is skipped for being locked, as these days are given back once.
BEGINS = "GREATEST(%(since)s::date, s.first_unpaid)"
MISSED = f"s.ended IS NULL AND s.first_unpaid <= %(until)s AND s.first_unpaid + e.start + s.spared > {BEGINS}"
DUE_LATE = Which(
    DUE.where,
    "LEFT JOIN lifecycle_step e ON e.policy_id = s.policy_id AND e.entry = s.entry AND e.kind = 'end' AND e.spares",
    f"CASE WHEN {MISSED} THEN %(until)s::date - {BEGINS} + 1 ELSE 0 END",
)
LATE = DUE_LATE._replace(where=f"({DUE.where} OR {MISSED})")

# The day on which a step comes, as rules.evaluate.Course has it: NULL while nothing says so.
DAY = """CASE t.kind
    WHEN 'time' THEN c.first_unpaid + t.start
    WHEN 'gone' THEN c.ended + t.start
    ELSE LEAST(
        CASE WHEN c.keeps < 2 THEN c.ends_on END,
        CASE WHEN c.keeps = 0 AND c.noticed IS NOT NULL AND c.first_unpaid + t.start IS NOT NULL THEN GREATEST(
            c.first_unpaid + t.start + CASE WHEN t.spares THEN c.sparing ELSE 0 END, c.noticed + t.notice_days
        ) END
    )
END"""
# A parent is looked up for each row: joined, or asked for by EXISTS, the planner would read the whole table. Ended services go on to `gone`
# alone; those that follow stand where their parent's phase puts them, though data that holds keep stays.
AIM = f"""
WITH chosen AS MATERIALIZED (
    SELECT s.*, (SELECT p.phase FROM lifecycle_service p WHERE p.id = s.parent_id) AS parent_phase,
        s.held OR COALESCE((
            SELECT p.closed OR p.ended IS NOT NULL FROM lifecycle_service p WHERE p.id = s.parent_id
        ), false) AS closing,
        s.takes | COALESCE((
            SELECT CASE WHEN p.ended IS NULL THEN p.taken ELSE {mask(GONE)} END FROM lifecycle_service p WHERE p.id = s.parent_id
        ), 0) AS taking,
        s.spared + {{given}} AS sparing
    FROM lifecycle_service s {{end}}
    WHERE {{where}} ORDER BY s.id FOR NO KEY UPDATE OF s {{locked}}
), days AS (
    SELECT c.id, c.nth AS before, c.ended, t.nth, t.kind, t.phase, t.start, t.does, t.serves, {DAY} AS day
    FROM chosen c JOIN lifecycle_step t ON t.policy_id = c.policy_id AND t.entry = c.entry
), followed AS (
    SELECT c.id, CASE WHEN t.kind = 'end' AND (c.keeps > 0 OR NOT %(ends)s) THEN f.nth - 1 ELSE f.nth END AS nth
    FROM chosen c
    JOIN lifecycle_follow f ON f.policy_id = c.policy_id AND f.entry = c.entry AND f.parent_phase = c.parent_phase
    JOIN lifecycle_step t ON t.policy_id = f.policy_id AND t.entry = f.entry AND t.nth = f.nth
), aim AS (
    SELECT d.id, GREATEST(
        max(d.nth) FILTER (
            WHERE d.day <= %(today)s AND (d.kind = 'gone') = (d.ended IS NOT NULL) AND (%(ends)s OR d.kind <> 'end')
        ),
        max(f.nth), max(CASE WHEN d.ended IS NULL THEN 0 ELSE d.before END)
    ) AS target
    FROM days d LEFT JOIN followed f ON f.id = d.id GROUP BY d.id
)"""  # noqa: S608 - of parts that stand here
SETTLE = """, aimed AS (
    SELECT d.id, a.target, max(d.before) AS before,
        max(d.phase) FILTER (WHERE d.nth = a.target) AS phase,
        max(d.does) FILTER (WHERE d.nth = a.target) AS does,
        bool_or(d.serves) FILTER (WHERE d.nth = a.target) AS serves,
        max(d.day) FILTER (WHERE d.nth = a.target) AS day,
        CASE max(d.kind) FILTER (WHERE d.nth = a.target)
            WHEN 'time' THEN NULL ELSE COALESCE(max(d.ended), %(today)s) END AS ended,
        CASE max(d.kind) FILTER (WHERE d.nth = a.target)
            WHEN 'time' THEN min(d.day) FILTER (WHERE d.nth > a.target AND d.kind <> 'gone')
            WHEN 'end' THEN COALESCE(max(d.ended), %(today)s) + max(d.start) FILTER (WHERE d.kind = 'gone')
        END AS due_at
    FROM days d JOIN aim a ON a.id = d.id GROUP BY d.id, a.target
), settled AS (
    UPDATE lifecycle_service s SET nth = a.target, phase = a.phase, ended = a.ended, due_at = a.due_at, closed = c.closing,
        taken = c.taking, spared = c.sparing, revision = s.revision + CASE
            WHEN a.target = a.before AND ((c.closed, c.taken) = (c.closing, c.taking) OR a.ended IS NOT NULL) THEN 0 ELSE 1 END
    FROM aimed a JOIN chosen c ON c.id = a.id
    WHERE s.id = a.id AND (s.nth, s.due_at, s.closed, s.taken, s.spared)
        IS DISTINCT FROM (a.target::smallint, a.due_at, c.closing, c.taking, c.sparing)
    RETURNING s.id, s.revision, s.type, s.ended, s.held, s.closed, c.closed AS was, (s.closed, s.taken) <> (c.closed, c.taken) AS turned,
        a.before, a.target, a.day, a.does, a.serves
), moved AS (
    SELECT * FROM settled WHERE target <> before OR (turned AND ended IS NULL)
), told AS (
    INSERT INTO lifecycle_event (service_id, revision, what, value, due, at)
    SELECT m.id, m.revision, 'phase', d.phase, COALESCE(d.day, %(today)s), %(now)s
    FROM moved m JOIN days d ON d.id = m.id
    WHERE (d.nth = m.target AND m.target <> m.before) OR (d.nth > m.before AND d.nth < m.target AND d.day < COALESCE(m.day, %(today)s))
    ORDER BY m.id, d.nth
), told_of_holds AS (
    INSERT INTO lifecycle_event (service_id, revision, what, value, due, at)
    SELECT id, revision, CASE WHEN closed THEN 'closed' ELSE 'opened' END,
        CASE WHEN NOT closed THEN '' WHEN held THEN 'own' ELSE 'parent' END, %(today)s, %(now)s
    FROM moved WHERE closed <> was AND ended IS NULL
), done AS (
    INSERT INTO lifecycle_work (service_id, revision, action, target, at)
    SELECT id, revision, CASE WHEN serves AND closed THEN 'suspend' WHEN serves AND (was OR target = before) THEN 'open' ELSE does END, type, %(now)s
    FROM moved WHERE target <> before OR serves ON CONFLICT DO NOTHING
)
SELECT n.spared, m.id, m.ended IS NOT NULL AND m.ended = %(today)s AND m.does <> 'erase'
FROM (SELECT count(*) AS spared FROM chosen WHERE sparing > spared) n LEFT JOIN moved m ON true"""
COUNT_ENDS = """
SELECT count(*) FROM aim a JOIN days d ON d.id = a.id AND d.nth = a.target AND d.kind = 'end' AND d.ended IS NULL"""
# What of holds and terminations the sweep goes by.
REFRESH = """
UPDATE lifecycle_service s SET
    ends_on = (SELECT t.effective FROM lifecycle_termination t WHERE t.service_id = s.id AND t.revoked IS NULL),
    keeps = COALESCE((
        SELECT max(CASE h.kind WHEN 'legal' THEN 2 WHEN 'abuse' THEN 1 ELSE 0 END)
        FROM lifecycle_hold h WHERE h.service_id = s.id AND h.lifted IS NULL
    ), 0),
    held = EXISTS (SELECT FROM lifecycle_hold h WHERE h.service_id = s.id AND h.lifted IS NULL AND h.kind = ANY (%(closing)s)),
    takes = COALESCE((
        SELECT bit_or(k.mask) FROM lifecycle_hold h JOIN unnest(%(kinds)s::text[], %(masks)s::int[]) k (kind, mask) ON k.kind = h.kind
        WHERE h.service_id = s.id AND h.lifted IS NULL
    ), 0)
WHERE s.id = ANY (%(ids)s)"""

KINDS: Mapping[str, list[Any]] = {
    "closing": list(CLOSING),
    "kinds": list(TAKES),
    "masks": [mask(taken) for taken in TAKES.values()],
}


class Settled(NamedTuple):
    """Services that have moved, with those below them; how many have ended, without those, as the brake counts; how many were given days back."""

    moved: int
    ended: int
    spared: int


def settle(which: Which, values: Mapping[str, Any]) -> Settled:
    """`values`: today, now, ends, and what `which` asks for: ids, or since and until."""
    spared, moved = _settle(which, values)
    count, ended = len(moved), sum(ended for _, ended in moved)
    while moved:
        _, moved = _settle(BELOW, {**values, "ids": [service for service, _ in moved]})
        count += len(moved)
    return Settled(count, ended, spared)


def _settle(which: Which, values: Mapping[str, Any]) -> tuple[int, list[tuple[int, bool]]]:
    """How many were given days back; who has moved, and whether it has ended."""
    found = query(AIM.format(**which._asdict()) + SETTLE, values)
    return found[0][0], [(service, ended) for _, service, ended in found if service is not None]


def count_ends(which: Which, values: Mapping[str, Any]) -> int:
    """Of those that are due, how many would end, without those below them. `values`: today, and what `which` asks for."""
    ((count,),) = query(AIM.format(**which._asdict()) + COUNT_ENDS, {**values, "ends": True})
    return int(count)


def refresh(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"ids": ids, **KINDS})


def query(sql: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
