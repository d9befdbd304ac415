"""What a text would do to all services if it were taken as the policy now: one statement, whatever their number."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from gasthof.slices.lifecycle import judging, rollout, settling
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.rules.prospects import COURSE, EARLIER, OVER, Prospect

SAMPLES = 20  # services that are named, of which days move
# A day of the end needs a notice of its age: the next one that is planned.
END = """LEAST(CASE WHEN keeps < 2 THEN ends_on END, CASE WHEN keeps = 0 AND first_unpaid IS NOT NULL THEN GREATEST(
    first_unpaid + {side}_end,
    COALESCE(
        (SELECT first_unpaid + min(told) FROM unnest({side}_notices) AS told WHERE first_unpaid + told >= %(today)s), %(today)s
    ) + {side}_age
) END)"""
ENDS = f"""CASE WHEN fate = 'over' AND NOT follows THEN {END.format(side="old")} END AS end_from,
    CASE WHEN fate = 'over' AND NOT follows THEN {END.format(side="new")} END AS end_to"""
DATED = f""", ending AS (SELECT j.*, {ENDS} FROM judged j
), dated AS (
    SELECT id, services, fresh, fate, end_from, end_to,
        CASE WHEN fate = 'over' AND NOT follows THEN LEAST(first_unpaid + old_first, end_from) END AS next_from,
        CASE WHEN fate = 'over' AND NOT follows THEN LEAST(first_unpaid + new_first, end_to) END AS next_to
    FROM ending
)"""  # noqa: S608 - of parts that stand here
EACH = DATED + " SELECT id, fate, next_from, next_to, end_from, end_to FROM dated"  # noqa: S608 - the same
GROUPS = (
    DATED
    + """
SELECT fresh, fate, date_trunc('month', next_from)::date, date_trunc('month', next_to)::date, next_to - next_from,
    date_trunc('month', end_from)::date, date_trunc('month', end_to)::date, end_to - end_from,
    sum(services)::bigint, min(id)
FROM dated GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"""
)


class Group(NamedTuple):
    """Services alike. Months are their first days; `next` is the next change, `end` the deletion, each from when to when."""

    entry: str  # of the new version
    fate: str
    next_month: date | None
    next_month_to: date | None
    next_days: int | None  # later by so many
    end_month: date | None
    end_month_to: date | None
    end_days: int | None
    services: int
    example: int  # the lowest number of a service

    @property
    def moves(self) -> bool:
        return bool(self.next_days or self.end_days)


@dataclass(frozen=True)
class OfType:
    """An entry of the new version: how many services go over to it at once, and by how many days how many of them move."""

    entry: str
    fates: Counter[str]
    next_days: Counter[int]
    end_days: Counter[int]


@dataclass(frozen=True)
class OfMonth:
    """How many next changes and ends lie in it, of the services whose days move: before and after."""

    month: date
    next_from: int
    next_to: int
    end_from: int
    end_to: int


@dataclass(frozen=True)
class Simulation:
    """Over all services that have not ended."""

    groups: Sequence[Group]

    def count(self, *fates: str) -> int:
        return sum(each.services for each in self.groups if each.fate in (fates or (OVER, COURSE, EARLIER)))

    @property
    def moved(self) -> int:
        """Services of which a day moves."""
        return sum(each.services for each in self.groups if each.moves)

    @property
    def types(self) -> list[OfType]:
        found = {entry: OfType(entry, Counter(), Counter(), Counter()) for entry in sorted({each.entry for each in self.groups})}  # fmt: skip
        for each in self.groups:
            of = found[each.entry]
            of.fates[each.fate] += each.services
            if each.next_days:
                of.next_days[each.next_days] += each.services
            if each.end_days:
                of.end_days[each.end_days] += each.services
        return list(found.values())

    @property
    def months(self) -> list[OfMonth]:
        moving = [each for each in self.groups if each.moves]
        columns = [
            _by_month((each.next_month if each.next_days else None, each.services) for each in moving),
            _by_month((each.next_month_to if each.next_days else None, each.services) for each in moving),
            _by_month((each.end_month if each.end_days else None, each.services) for each in moving),
            _by_month((each.end_month_to if each.end_days else None, each.services) for each in moving),
        ]
        return [OfMonth(month, *(column[month] for column in columns)) for month in sorted(set().union(*columns))]


def _by_month(counted: Iterable[tuple[date | None, int]]) -> Counter[date]:
    found = Counter[date]()
    for month, services in counted:
        if month is not None:
            found[month] += services
    return found


def simulate(text: str, today: date) -> Simulation:
    """`text`: a policy. To be run as staff (kernel.rows)."""
    return Simulation([Group(*row) for row in _rows(text, today, judging.judged_alike() + GROUPS)])


def prospects(text: str, today: date, numbers: Sequence[int]) -> dict[int, Prospect]:
    """Of these services, by their numbers; those that have ended are left out."""
    rows = _rows(text, today, judging.judged("s.id = ANY (%(ids)s)") + EACH, ids=list(numbers))
    return {number: Prospect(*days) for number, *days in rows}


def samples(text: str, today: date, simulation: Simulation) -> list[tuple[Service, Prospect]]:
    """Some services of which days move, of each type and by each number of days one, with their customers."""
    moving = {(each.entry, each.next_days, each.end_days): each.example for each in simulation.groups if each.moves}
    found = prospects(text, today, list(moving.values())[:SAMPLES])
    rows = Service.objects.filter(pk__in=found).select_related("customer").order_by("type", "tld", "pk")
    return [(row, found[row.pk]) for row in rows]


def _rows(text: str, today: date, statement: str, **more: object) -> list[Any]:
    return settling.query(statement, {**judging.values(text, rollout.in_use()), "today": today, **more})
