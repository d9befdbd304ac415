"""Every night: what the sweep's SQL has made of all services, against `rules.evaluate`.

What evaluate says depends on days between dates only, so services between whose facts the same days lie have one answer. They are counted
together, and it is asked once for each group: all services are looked at, by some thousands of evaluations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

from django.db import connection

from gasthof.slices.lifecycle.policies import of_version
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import (
    DRIVEN,
    KEEPS,
    PUT,
    TAKES,
    Decision,
    Facts,
    Hold,
    Termination,
    mask,
    withheld,
)
from gasthof.slices.lifecycle.rules.policy import SERVED, Policy
from gasthof.slices.lifecycle.settling import KINDS

Standing = tuple[str, date | None, bool, int]  # phase, next day, closed by holds, what these take
FEW = 20  # groups that are told of
GROUPS = """
SELECT s.policy_id, s.entry, s.type, s.tld, s.phase, s.first_unpaid - %(today)s, s.noticed - %(today)s, s.spared,
    s.ends_on - %(today)s, s.keeps, s.ended - %(today)s, s.due_at - %(today)s, s.takes, s.closed, s.taken,
    NULL, NULL, NULL, count(*), min(s.id)
FROM lifecycle_service s WHERE s.parent_id IS NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
UNION ALL
SELECT s.policy_id, s.entry, s.type, s.tld, s.phase, s.first_unpaid - %(today)s, s.noticed - %(today)s, s.spared,
    s.ends_on - %(today)s, s.keeps, s.ended - %(today)s, s.due_at - %(today)s, s.takes, s.closed, s.taken,
    p.phase, p.ended - %(today)s, p.taken, count(*), min(s.id)
FROM lifecycle_service s JOIN lifecycle_service p ON p.id = s.parent_id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18"""
# Holds and terminations, against what of them stands in the services' own rows.
LOOSE = """
SELECT s.id FROM lifecycle_service s
LEFT JOIN (
    SELECT service_id, max(CASE kind WHEN 'legal' THEN 2 WHEN 'abuse' THEN 1 ELSE 0 END) AS keeps,
        bool_or(kind = ANY (%(closing)s)) AS held, bit_or(k.mask) AS takes
    FROM lifecycle_hold JOIN unnest(%(kinds)s::text[], %(masks)s::int[]) k (kind, mask) USING (kind)
    WHERE lifted IS NULL GROUP BY service_id
) h ON h.service_id = s.id
LEFT JOIN lifecycle_termination t ON t.service_id = s.id AND t.revoked IS NULL
WHERE s.keeps <> COALESCE(h.keeps, 0) OR s.held <> COALESCE(h.held, false) OR s.takes <> COALESCE(h.takes, 0)
    OR s.ends_on IS DISTINCT FROM t.effective
ORDER BY s.id LIMIT %(few)s"""


class Group(NamedTuple):
    """Services alike; days count from today."""

    policy: int
    entry: str
    type: str
    tld: str
    phase: str
    first_unpaid: int | None
    noticed: int | None
    spared: int
    ends_on: int | None
    keeps: int
    ended: int | None
    due_at: int | None
    takes: int
    closed: bool
    taken: int
    parent_phase: str | None
    parent_ended: int | None
    parent_taken: int | None
    services: int
    example: int  # the lowest number of a service


@dataclass(frozen=True)
class Difference:
    service: int  # one of them
    count: int
    found: Standing  # in the database
    wanted: Standing  # as evaluate has it


@dataclass(frozen=True)
class Audit:
    services: int
    evaluated: int
    late: int  # services that are due and were not swept yet: what was parked, mostly
    differences: tuple[Difference, ...]
    loose: tuple[int, ...]  # services whose holds or termination say something else than their row


def audit(today: date) -> Audit:
    """Of all services. To be run as staff (kernel.rows)."""
    services = evaluated = late = 0
    differences, version = [], cache(of_version)
    for group in _groups(today):
        services += group.services
        if group.due_at is not None and group.due_at <= 0:
            late += group.services
            continue
        evaluated += 1
        differences += _compared(version(group.policy), group, today)
    loose = tuple(service for (service,) in _rows(LOOSE, {"few": FEW, **KINDS}))
    return Audit(services, evaluated, late, tuple(differences[:FEW]), loose)


def _groups(today: date) -> Iterator[Group]:
    return (Group(*row) for row in _rows(GROUPS, {"today": today}))


def _rows(sql: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _compared(policy: Policy, group: Group, today: date) -> list[Difference]:
    decision = evaluate(policy, _facts(group, today), today)
    found = (group.phase, _day(today, group.due_at), group.closed, group.taken)
    wanted = (decision.phase, decision.next_at, SERVED in decision.taken, mask(decision.taken))
    entry = policy.of(group.type, group.tld)
    if entry.follows and not decision.ended:  # its parent's days are in its parent's row
        wanted = (decision.phase, found[1], *wanted[2:])
    same = found == wanted and entry.key == group.entry
    return [] if same else [Difference(group.example, group.services, found, wanted)]


def _facts(group: Group, today: date) -> Facts:
    wish = _day(today, group.ends_on)
    return Facts(
        type=group.type,
        tld=group.tld,
        first_unpaid=_day(today, group.first_unpaid),
        holds=_alike(group.keeps, group.takes),
        termination=Termination(wish, "", "") if wish else None,
        parent=_parent(group, today),
        noticed=_day(today, group.noticed),
        spared=group.spared,
        ended=_day(today, group.ended),
    )


@cache
def _alike(keeps: int, takes: int) -> frozenset[Hold]:
    """Some holds that keep as much and take the same."""
    several = (kinds for count in range(len(PUT) + 1) for kinds in combinations(PUT, count))
    for holds in (frozenset(Hold(kind, "") for kind in kinds) for kinds in several):
        taken = frozenset[str]().union(*(TAKES[hold.kind] for hold in holds))
        if mask(taken) == takes and max((KEEPS.get(hold.kind, 0) for hold in holds), default=0) == keeps:
            return holds
    return frozenset()


def _parent(group: Group, today: date) -> Decision | None:
    if group.parent_phase is None:
        return None
    taken = frozenset(withheld(DRIVEN, group.parent_taken or 0))
    return Decision(group.parent_phase, frozenset(), ended_on=_day(today, group.parent_ended), taken=taken)


def _day(today: date, days: int | None) -> date | None:
    return None if days is None else today + timedelta(days=days)
