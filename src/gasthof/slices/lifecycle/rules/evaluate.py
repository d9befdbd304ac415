"""What holds for a service on a day, why, and what comes next. Pure and total: no clock, no input or output.

Two axes: the phase that time has brought it to, counted from its first unpaid day, and the holds on it, which time does not lift.
What a service can do is what its phase allows and no hold takes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gasthof.slices.lifecycle.rules.facts import (
    HOLDS,
    LIFTED_BY,
    NON_PAYMENT,
    PARENT,
    TAKES,
    Decision,
    Facts,
    Hold,
    Reason,
)  # fmt: skip
from gasthof.slices.lifecycle.rules.policy import (
    ACTIVE,
    DNS_SERVED,
    EDIT,
    ERASED,
    MAIL_DELIVERED,
    RENEWABLE,
    RENEWABLE_BY_FEE,
    RESTORABLE,
    SERVED,
    SIGN_IN,
    Entry,
    Phase,
    Policy,
)  # fmt: skip

LAST_CENTURY = date(2000, 1, 1)  # a registry's date before it is a slip: 1969 is what zero seconds look like
GONE = frozenset((SERVED, MAIL_DELIVERED, SIGN_IN, EDIT, DNS_SERVED))  # without its parent nothing works
UNLOCK = "unlock"
WAYS = frozenset((RENEWABLE, RENEWABLE_BY_FEE))


@dataclass(frozen=True)
class Course:
    """The days of one service: when each phase begins as far as facts say, each only once it is certain."""

    entry: Entry
    facts: Facts
    notice_days: int

    def phase(self, on: date) -> Phase:
        end = self.end_day
        if end is not None and on >= end:
            return self.entry.end
        if self.entry.follows:
            return self._following()
        return self._by_time(on)

    @property
    def end_day(self) -> date | None:
        """When it ended or will end; None while nothing says so."""
        return self.facts.ended or (None if self.overdue else self._due_end())

    @property
    def overdue(self) -> bool:
        """Whether its end was due and was not carried out: all of it is there."""
        due, stands = self._due_end(), self.facts.stands
        return self.facts.ended is None and due is not None and stands is not None and due <= stands

    @property
    def erased_day(self) -> date | None:
        """When what was kept after the end goes."""
        kept = self.entry.archive.days
        return shifted(self.end_day, kept) if kept and self.end_day is not None else None

    @property
    def waits(self) -> str:
        """What alone keeps time from ending it: a code, or ""."""
        if self.facts.keeps:
            return "kept_for_case"
        return "" if self.facts.noticed else "no_notice"

    @property
    def registry_closes(self) -> date | None:
        """The first day on which its registry renews it no more, whether we may delete anything or not; None: no registry has a say."""
        first = self.facts.first_unpaid
        return shifted(first, self.entry.end.start) if self.entry.registry_clock and first is not None else None

    def closed(self, on: date) -> bool:
        """Whether paying has come too late for its registry."""
        closes = self.registry_closes
        return closes is not None and on >= closes

    def turns(self) -> Iterator[date]:
        """Every day on which the phase can become another one."""
        days = [self.end_day, self.erased_day]
        if self.facts.first_unpaid is not None:
            days += [shifted(self.facts.first_unpaid, phase.start) for phase in self.entry.phases[:-1]]
        if self.entry.follows:
            days += [day for day, _ in self.facts.ahead]
        return (day for day in days if day is not None)

    def planned_end(self) -> date | None:
        """By the policy's days alone."""
        if self.entry.end.start is None or self.facts.first_unpaid is None:
            return None
        spared = 0 if self.entry.registry_clock else self.facts.spared
        return shifted(self.facts.first_unpaid, self.entry.end.start + spared)

    def _due_end(self) -> date | None:
        return min(filter(None, (self.facts.wished_end, self._end_by_time())), default=None)

    def _end_by_time(self) -> date | None:
        if self.entry.follows:
            parent = self.facts.parent
            gone = parent is not None and parent.ended and not self.facts.keeps
            return parent.ended_on if parent and gone and self.entry.as_parent(parent.phase).ends else None
        planned, noticed = self.planned_end(), self.facts.noticed
        if planned is None or noticed is None or self.facts.keeps:
            return None
        old_enough = shifted(noticed, self.notice_days)
        return max(planned, old_enough) if old_enough else None

    def _following(self) -> Phase:
        if self.facts.parent is None:
            return self.entry.phases[0]
        phase = self.entry.as_parent(self.facts.parent.phase)
        return self.entry.phases[-2] if phase.ends else phase  # an end that is due is told by end_day

    def _by_time(self, on: date) -> Phase:
        phases, first = self.entry.phases, self.facts.first_unpaid
        if first is None:
            return phases[0]
        age = (on - first).days
        begun = (phase for phase in phases[-2::-1] if phase.start is not None and phase.start <= age)
        return next(begun, phases[0])


def evaluate(policy: Policy, facts: Facts, on: date) -> Decision:
    """The answer for one day. KeyError: the policy has no such type."""
    facts = facts.on(on)
    course = Course(policy.of(facts.type, facts.tld), facts, policy.notice_days)
    now = _named(course, on)
    phase = course.phase(on)
    ended = phase.ends
    taken = _taken(facts)
    closed = course.closed(on)
    can = phase.can if ended else phase.can - taken - (WAYS if closed else frozenset())
    next_at, next_phase = _next(course, now, on)
    return Decision(
        phase=now,
        capabilities=can if now != ERASED else can - {RESTORABLE},
        holds=_kinds(course, phase, facts),
        fees=() if ended or closed else tuple(filter(None, (phase.fee, UNLOCK if _unlocked_by_fee(facts) else ""))),
        next_at=next_at,
        next_phase=next_phase,
        ended_on=course.end_day if ended else None,
        taken=taken,
        explain=tuple(_reasons(course, phase, on)),
    )


def phase_on(policy: Policy, facts: Facts, on: date) -> str:
    """The phase alone, for who asks for many days."""
    return _named(Course(policy.of(facts.type, facts.tld), facts.on(on), policy.notice_days), on)


def shifted(day: date, days: int | None) -> date | None:
    """None where the calendar ends."""
    try:
        return None if days is None else day + timedelta(days=days)
    except OverflowError:
        return None


def _named(course: Course, on: date) -> str:
    phase, erased = course.phase(on), course.erased_day
    return ERASED if phase.ends and erased is not None and on >= erased else phase.name


def _next(course: Course, now: str, on: date) -> tuple[date | None, str]:
    """The first of the days on which something can turn that really turns something."""
    for day in sorted({turn for turn in course.turns() if turn > on}):
        then = _named(replace(course, facts=course.facts.on(day)), day)
        if then != now:
            return day, then
    return None, ""


def _taken(facts: Facts) -> frozenset[str]:
    taken = frozenset[str]().union(*(TAKES[hold.kind] for hold in facts.holds))
    if facts.parent is None:
        return taken
    return taken | facts.parent.taken | (GONE if facts.parent.ended else frozenset())


def _kinds(course: Course, phase: Phase, facts: Facts) -> tuple[str, ...]:
    kinds = {hold.kind for hold in facts.holds}
    if not course.entry.follows and phase.name != ACTIVE and not phase.ends:
        kinds.add(NON_PAYMENT)
    if facts.parent and (facts.parent.taken or facts.parent.phase != ACTIVE):
        kinds.add(PARENT)
    return tuple(kind for kind in HOLDS if kind in kinds)


def _unlocked_by_fee(facts: Facts) -> bool:
    return any(hold.lifted_by == LIFTED_BY[-1] for hold in facts.holds)


def _reasons(course: Course, phase: Phase, on: date) -> Iterator[Reason]:
    facts = course.facts
    yield _why(course, phase, on)
    planned = course.planned_end()
    if course.overdue:
        yield Reason("end_waits")
    elif not phase.ends and planned is not None and on >= planned:
        yield Reason(course.waits) if course.waits else Reason("notice_too_young", (("day", course.end_day),))
    if not phase.ends and course.closed(on):
        yield Reason("registry_closed", (("day", course.registry_closes),))
    for hold in sorted(facts.holds, key=_order):
        yield Reason(f"hold_{hold.kind}", (("source", hold.source), ("case", hold.case)))
    if facts.registry and facts.registry < LAST_CENTURY:
        yield Reason("registry_date_impossible", (("day", facts.registry),))
    elif facts.registry and facts.first_unpaid and facts.registry < facts.first_unpaid:
        yield Reason("registry_date_earlier", (("day", facts.registry),))


def _why(course: Course, phase: Phase, on: date) -> Reason:
    facts = course.facts
    if phase.ends:
        return _why_ended(course)
    if course.entry.follows:
        return Reason("follows", (("phase", facts.parent.phase),)) if facts.parent else Reason("alone")
    if facts.first_unpaid is None:
        return Reason("free")
    if phase.name == ACTIVE:
        return Reason("paid", (("until", facts.first_unpaid),))
    if on < facts.first_unpaid:
        return Reason("ahead_of_expiry", (("day", facts.first_unpaid),))
    return Reason("unpaid", (("since", facts.first_unpaid), ("days", (on - facts.first_unpaid).days)))


def _why_ended(course: Course) -> Reason:
    wish, end = course.facts.termination, course.end_day
    if wish and course.facts.wished_end is not None and course.facts.wished_end == end:
        return Reason("terminated", (("day", end), ("by", wish.by)))
    return Reason("ended", (("day", end),))


def _order(hold: Hold) -> tuple[int, str, str, int]:
    return HOLDS.index(hold.kind), hold.source, hold.case, hold.severity
