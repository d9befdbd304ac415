"""What will happen to a service if nothing is done, and what can be done against it at each point. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from gasthof.slices.lifecycle.rules.evaluate import ONE_DAY, Decision, Facts, evaluate
from gasthof.slices.lifecycle.rules.policy import ABILITIES, RENEW, RENEW_FEE

MOST = 100  # steps; a policy has a dozen phases at most


@dataclass(frozen=True)
class Step:
    """A day on which something changes."""

    day: date
    phase: str
    lost: tuple[str, ...]  # abilities that go on that day, in the order of ABILITIES
    gained: tuple[str, ...]
    last: date | None  # the last day of this phase; None: without end
    renew: bool  # by oneself, at the price of the service
    fee: str  # the policy's fee that renewing costs beside the price; "" for none, or where it cannot be renewed
    archive_until: date | None  # the last day on which what was saved is there


@dataclass(frozen=True)
class Notice:
    """When the customer is told, and how many days after the first unpaid one that is."""

    day: date
    offset: int


def timeline(facts: Facts, on: date) -> list[Step]:
    """From the phase of that day on, until nothing changes any more."""
    days = list(_days(facts, on))
    ends = [*(day - ONE_DAY for day, _ in days[1:]), None]
    before = [days[0][1], *(evaluate(facts, day - ONE_DAY) for day, _ in days[1:])]
    return [_step(facts, *each, earlier, last) for each, earlier, last in zip(days, before, ends, strict=True)]


def _days(facts: Facts, on: date) -> Iterator[tuple[date, Decision]]:
    decision = evaluate(facts, on)
    yield on, decision
    for _ in range(MOST):
        if decision.next_at is None:
            return
        day = decision.next_at
        decision = evaluate(facts, day)
        yield day, decision


def _step(facts: Facts, day: date, now: Decision, before: Decision, last: date | None) -> Step:
    return Step(
        day=day,
        phase=now.phase,
        lost=tuple(each for each in ABILITIES if each in before.can - now.can),
        gained=tuple(each for each in ABILITIES if each in now.can - before.can),
        last=last,
        renew=RENEW in now.can,
        fee=now.fee if RENEW_FEE in now.can else "",
        archive_until=_kept(facts, day) if now.ended else None,
    )


def _kept(facts: Facts, ended: date) -> date | None:
    return ended + timedelta(days=facts.type.archive_days) if facts.type.archive_days else None


def notices(facts: Facts, on: date) -> list[Notice]:
    """Those that are still to come, on that day itself among them."""
    if facts.first_unpaid is None or facts.type.follows is not None:
        return []
    planned = (Notice(facts.first_unpaid + timedelta(days=offset), offset) for offset in facts.type.notices)
    return [each for each in planned if each.day >= on and not evaluate(facts, each.day).ended]
