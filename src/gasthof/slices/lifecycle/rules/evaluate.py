"""What holds for a service on a day, why, and what comes next. Pure and total: no clock, no input or output.

Two axes: the phase that time has brought it to, counted from its first unpaid day, and holds, which others put on it and which time
does not lift. What a service can do is what its phase allows and no hold takes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from gasthof.slices.lifecycle.rules.policy import (
    DELETED,
    EDIT,
    ENDED,
    MAIL,
    OTHERS,
    SERVED,
    SIGN_IN,
    TRANSFER,
    Phase,
    Type,
)

HoldKind = Literal["abuse", "legal", "security", "registry", "staff", "parent"]
PUT: tuple[HoldKind, ...] = ("abuse", "legal", "security", "registry", "staff")  # "parent" is what its parent's come to
KINDS: tuple[HoldKind, ...] = (*PUT, "parent")
TAKES: dict[HoldKind, frozenset[str]] = {  # unless the hold says otherwise
    "abuse": frozenset((SERVED, MAIL, EDIT, TRANSFER)),
    "legal": frozenset((SERVED, MAIL, EDIT, TRANSFER, SIGN_IN)),
    "security": frozenset((MAIL,)),
    "registry": frozenset((EDIT, TRANSFER)),
    "staff": frozenset((SERVED, MAIL, EDIT, TRANSFER)),
    "parent": frozenset(),
}
KEEPS_DATA: frozenset[HoldKind] = frozenset(("abuse", "legal"))  # evidence: nothing is deleted under these
EARLIEST = date(2000, 1, 1)  # a registry's date before that is a slip of the registry's
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hold:
    """Something that closes a service whatever was paid. It is lifted as it was put: by its source."""

    kind: HoldKind
    source: str  # who or what put it, as the audit trail names actors
    case: str = ""
    severity: int = 0  # 0 minor, 1 serious, 2 severe and deliberate (L2)
    takes: frozenset[str] = frozenset()  # empty: what the kind takes

    @property
    def taken(self) -> frozenset[str]:
        return self.takes or TAKES[self.kind]


@dataclass(frozen=True)
class Termination:
    """An end that somebody with the right to it wished for (L1), or decided (L2)."""

    effective: date  # the first day without the service
    by: str
    authorised: str = ""  # how: a second factor, a mailed code, two people
    revoked: date | None = None


@dataclass(frozen=True)
class Facts:
    """All that is known of a service. Days are the house's business days."""

    type: Type
    first_unpaid: date | None = None  # None: it costs nothing
    holds: frozenset[Hold] = frozenset()
    termination: Termination | None = None
    parent: "Decision | None" = None  # of what it belongs to or is linked with
    registry: date | None = None  # the registry's own date of a domain; what must be paid goes by `first_unpaid`
    deletable: date | None = date.min  # from when a delivered notice is old enough; None: none was delivered yet
    ended: date | None = None  # when it really was ended: nothing brings it back
    ended_as: str = ""  # the phase that it ended in, if another than the type's last one


@dataclass(frozen=True)
class Reason:
    """Why, as a code of `explaining.SENTENCES` and what stands in the sentence."""

    code: str
    values: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Decision:
    phase: str
    can: frozenset[str]
    holds: tuple[HoldKind, ...] = ()  # kinds in force, in the order of KINDS
    fee: str = ""  # the policy's fee that renewing costs beside the price
    next_at: date | None = None  # the first later day on which the phase is another one, if nothing is done
    next_phase: str = ""
    taken: frozenset[str] = frozenset()  # by holds, its parent's among them
    explain: tuple[Reason, ...] = field(default=(), compare=False)

    @property
    def ended(self) -> bool:
        return self.phase in ENDED


def evaluate(facts: Facts, on: date) -> Decision:
    """The answer for one day."""
    phase, why = _phase(facts, on)
    holds = _holds(facts)
    inherited = facts.parent.taken if facts.parent else frozenset()
    taken = inherited.union(*(hold.taken for hold in holds))
    kinds = {hold.kind for hold in holds} | ({"parent"} if inherited else set())
    next_at, next_phase = (None, "") if phase.ended else _next(facts, phase.name, on)
    reasons = (why, *(_of_hold(hold) for hold in holds), *_of_registry(facts))
    return Decision(
        phase=phase.name,
        can=phase.can if phase.ended else phase.can - taken,
        holds=tuple(kind for kind in KINDS if kind in kinds),
        fee=phase.fee,
        next_at=next_at,
        next_phase=next_phase,
        taken=taken,
        explain=reasons,
    )


def phase_on(facts: Facts, on: date) -> str:
    """The phase alone, for who asks for many days."""
    return _phase(facts, on)[0].name


def _phase(facts: Facts, on: date) -> tuple[Phase, Reason]:
    end = facts.type.named(facts.ended_as) if facts.ended_as else facts.type.end
    if facts.ended is not None and on >= facts.ended:
        return end, Reason("ended", (("day", facts.ended),))
    termination = facts.termination
    if termination and termination.revoked is None and on >= termination.effective:
        return end, Reason("terminated", (("day", termination.effective), ("by", termination.by)))
    if facts.type.follows is not None:
        return _following(facts)
    return _by_time(facts, on)


def _following(facts: Facts) -> tuple[Phase, Reason]:
    if facts.parent is None:
        return facts.type.phases[0], Reason("alone")
    return facts.type.named(_as_parent(facts.type, facts.parent.phase)), Reason(
        "follows", (("phase", facts.parent.phase),)
    )


def _as_parent(of: Type, parent: str) -> str:
    """The phase of what follows a parent in that phase."""
    follows = of.follows or {}
    gone = follows.get(DELETED) if parent in ENDED else None
    return follows.get(parent) or gone or follows[OTHERS]


def _by_time(facts: Facts, on: date) -> tuple[Phase, Reason]:
    phases, first = facts.type.phases, facts.first_unpaid
    if first is None:
        return phases[0], Reason("free")
    reached = _reached(phases, (on - first).days)
    if reached.ended and (wait := _waits(facts, on)):
        return phases[-2], wait
    if reached is phases[0]:
        return reached, Reason("paid", (("until", _before(first)),))
    return reached, Reason("unpaid", (("since", first), ("days", (on - first).days)))


def _reached(phases: tuple[Phase, ...], day: int) -> Phase:
    return next((phase for phase in reversed(phases) if phase.start is not None and phase.start <= day), phases[0])


def _waits(facts: Facts, on: date) -> Reason | None:
    """What keeps time from ending it."""
    if any(hold.kind in KEEPS_DATA for hold in facts.holds):
        return Reason("kept_for_case")
    if facts.deletable is None:
        return Reason("no_notice")
    if on < facts.deletable:
        return Reason("notice_too_young", (("day", facts.deletable),))
    return None


def _before(day: date) -> date:
    return day - ONE_DAY if day > date.min else day


def _holds(facts: Facts) -> tuple[Hold, ...]:
    return tuple(sorted(facts.holds, key=lambda hold: (KINDS.index(hold.kind), hold.source, hold.case, hold.severity)))


def _next(facts: Facts, now: str, on: date) -> tuple[date | None, str]:
    """The first of the days on which something can turn that really turns something."""
    for day in sorted(set(_turns(facts, on))):
        then = _then(facts, day)
        if then != now:
            return day, then
    return None, ""


def _then(facts: Facts, day: date) -> str:
    """The phase on a later day. A parent is known as it is now, and as it will be next."""
    parent = facts.parent
    if facts.type.follows is None or parent is None or parent.next_at is None or day < parent.next_at:
        return phase_on(facts, day)
    return phase_on(replace(facts, parent=replace(parent, phase=parent.next_phase)), day)


def _turns(facts: Facts, on: date) -> Iterable[date]:
    days = [facts.ended, facts.termination.effective if facts.termination else None]
    if facts.type.follows is not None:
        days.append(facts.parent.next_at if facts.parent else None)
    elif facts.first_unpaid is not None:
        days += [_shifted(facts.first_unpaid, phase.start) for phase in facts.type.phases]
        days.append(facts.deletable)
    return (day for day in days if day is not None and day > on)


def _shifted(day: date, offset: int | None) -> date | None:
    """None where the calendar ends."""
    if offset is None:
        return None
    try:
        return day + timedelta(days=offset)
    except OverflowError:
        return None


def _of_hold(hold: Hold) -> Reason:
    return Reason(f"hold_{hold.kind}", (("source", hold.source), ("case", hold.case)))


def _of_registry(facts: Facts) -> Iterable[Reason]:
    if facts.registry is None or facts.first_unpaid is None:
        return ()
    if facts.registry < EARLIEST:
        return (Reason("registry_date_impossible", (("day", facts.registry),)),)
    if facts.registry + ONE_DAY < facts.first_unpaid:
        return (Reason("registry_date_earlier", (("day", facts.registry),)),)
    return ()
