"""The sweep's SQL: one statement that finds where services should stand, moves them, and writes events and outbox with it.

What is closed by a hold, its own or that of what it belongs to, stands beside the phase: `closed` flips where a phase stays, and where one
comes that serves, the machine is told to suspend instead of to open. So it is open exactly while its phase serves and nothing closes it.
Which parts of it are taken stands in `taken`, as bits; as these change within a phase, the machine is told anew.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from gasthof.slices.lifecycle.rules.evaluate import GONE
from gasthof.slices.lifecycle.rules.facts import CLOSING, TAKES, mask

DUE = "s.due_at <= %(today)s"
THESE = "s.id = ANY (%(ids)s)"
BELOW = "s.parent_id = ANY (%(ids)s)"

# The day on which a step comes, as rules.evaluate.Course has it: NULL while nothing says so.
DAY = """CASE t.kind
    WHEN 'time' THEN c.first_unpaid + t.start
    WHEN 'gone' THEN c.ended + t.start
    ELSE LEAST(
        CASE WHEN c.keeps < 2 THEN c.ends_on END,
        CASE WHEN c.keeps = 0 AND c.noticed IS NOT NULL AND c.first_unpaid + t.start IS NOT NULL THEN GREATEST(
            c.first_unpaid + t.start + CASE WHEN t.spares THEN c.spared ELSE 0 END, c.noticed + t.notice_days
        ) END
    )
END"""
# A parent is looked up for each row: joined, the planner would read the whole table. Ended services go on to `gone` alone; those that
# follow stand where their parent's phase puts them, though data that holds keep stays.
AIM = f"""
WITH chosen AS MATERIALIZED (
    SELECT s.*, (SELECT p.phase FROM lifecycle_service p WHERE p.id = s.parent_id) AS parent_phase,
        s.held OR EXISTS (
            SELECT FROM lifecycle_service p WHERE p.id = s.parent_id AND (p.closed OR p.ended IS NOT NULL)
        ) AS closing,
        s.takes | COALESCE((
            SELECT CASE WHEN p.ended IS NULL THEN p.taken ELSE {mask(GONE)} END FROM lifecycle_service p WHERE p.id = s.parent_id
        ), 0) AS taking
    FROM lifecycle_service s
    WHERE {{which}} ORDER BY s.id FOR NO KEY UPDATE OF s {{locked}}
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
        taken = c.taking, revision = s.revision + CASE
            WHEN a.target = a.before AND ((c.closed, c.taken) = (c.closing, c.taking) OR a.ended IS NOT NULL) THEN 0 ELSE 1 END
    FROM aimed a JOIN chosen c ON c.id = a.id
    WHERE s.id = a.id AND (s.nth, s.due_at, s.closed, s.taken) IS DISTINCT FROM (a.target::smallint, a.due_at, c.closing, c.taking)
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
SELECT id, ended IS NOT NULL AND ended = %(today)s AND does <> 'erase' FROM moved"""
COUNT_ENDS = """
SELECT count(*) FROM aim a JOIN days d ON d.id = a.id AND d.nth = a.target AND d.kind = 'end' AND d.ended IS NULL"""
# An end that would have come after an outage's beginning comes later by all of its days on which the customer could have paid.
SPARE = """
WITH missed AS (
    SELECT s.id, %(until)s::date - GREATEST(%(since)s::date, s.first_unpaid) + 1 AS days
    FROM lifecycle_service s
    JOIN lifecycle_step t ON t.policy_id = s.policy_id AND t.entry = s.entry AND t.kind = 'end' AND t.spares
    WHERE s.ended IS NULL AND s.first_unpaid <= %(until)s
        AND s.first_unpaid + t.start + s.spared > GREATEST(%(since)s::date, s.first_unpaid)
)
UPDATE lifecycle_service s SET spared = s.spared + m.days FROM missed m WHERE s.id = m.id RETURNING s.id"""
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
Moved = list[tuple[int, bool]]  # service, whether it has ended


def settle(which: str, values: Mapping[str, Any], *, skip_locked: bool = False) -> Moved:
    """Those that have moved, with those below them. `which`: DUE, THESE or BELOW; values: today, now, ends, ids."""
    moved = _settle(which, values, "SKIP LOCKED" if skip_locked else "")
    everything = moved
    while moved := _settle(BELOW, {**values, "ids": [service for service, _ in moved]}, "") if moved else []:
        everything = everything + moved
    return everything


def _settle(which: str, values: Mapping[str, Any], locked: str) -> Moved:
    return query(AIM.format(which=which, locked=locked) + SETTLE, values)


def count_ends(values: Mapping[str, Any]) -> int:
    """Services that are due and would end, without those below them."""
    ((count,),) = query(AIM.format(which=DUE, locked="SKIP LOCKED") + COUNT_ENDS, {**values, "ends": True})
    return int(count)


def spare(values: Mapping[str, Any]) -> list[int]:
    """`since` and `until`: the first and the last day of the outage."""
    return [service for (service,) in query(SPARE, values)]


def refresh(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"ids": ids, **KINDS})


def query(sql: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
