"""What will happen to a service if nothing is paid, what changing that costs at each point, and what can still be saved. Pure.

It asks `evaluate` for the days that `evaluate` itself names, so it cannot say anything else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gasthof.slices.lifecycle.rules.evaluate import WAYS, Course, evaluate, shifted
from gasthof.slices.lifecycle.rules.facts import Decision, Facts
from gasthof.slices.lifecycle.rules.policy import (
    ACTIVE,
    BACKUP_STORAGE,
    CAPABILITIES,
    ERASED,
    IMAGE,
    RENEWABLE,
    RENEWABLE_BY_FEE,
    RESTORABLE,
    SERVED,
    Entry,
    Notice,
    Policy,
)  # fmt: skip

ONE_DAY = timedelta(days=1)
AS_IMAGE, LICENCE_RELEASED = "as_image", "licence_released"
POWERED_OFF, ALL_OFF = "powered_off", "all_off"  # all: with what was ordered with it


@dataclass(frozen=True)
class Step:
    """A day on which something changes; the first one is the day that was asked for."""

    day: date
    phase: str
    last: date | None  # the last day of this phase; None: without an end that is known
    lost: tuple[str, ...]  # capabilities that go on that day, in the order of CAPABILITIES
    gained: tuple[str, ...]
    renewal: str  # how paying helps: "renewable", "renewable_by_fee", "restorable", or "" for not at all
    fees: tuple[str, ...]  # of the policy, beside the price
    saved: tuple[str, ...]  # what can still be restored, once it has ended
    loses: tuple[str, ...] = ()  # what was not saved, though one might think so
    conditions: tuple[str, ...] = ()  # of a machine: keys of explaining.CONDITIONS
    closes: bool = False  # the phase goes on, but from that day its registry renews it no more


@dataclass(frozen=True)
class Told:
    """A notice and its day."""

    day: date
    notice: Notice


def as_planned(policy: Policy, facts: Facts, on: date) -> Facts:
    """The facts, if the next notices are delivered on their days: no deletion is certain before one was."""
    if facts.noticed is not None or facts.ended is not None:
        return facts
    coming = told(policy, facts, on)
    return replace(facts, noticed=coming[0].day if coming else on)


def decisions(policy: Policy, facts: Facts, on: date) -> list[tuple[date, Decision]]:
    """What holds from that day on, and from each later one on which its phase is another, or its registry renews it no more."""
    found = [(on, evaluate(policy, facts, on))]
    while (day := _next(policy, facts, *found[-1])) is not None:
        found.append((day, evaluate(policy, facts, day)))
    return found


def _next(policy: Policy, facts: Facts, day: date, now: Decision) -> date | None:
    closes = Course(policy.of(facts.type, facts.tld), facts, policy.notice_days).registry_closes
    if closes is None or closes <= day or not WAYS & now.capabilities:
        return now.next_at
    return closes if now.next_at is None else min(closes, now.next_at)


def timeline(policy: Policy, facts: Facts, on: date) -> list[Step]:
    """From that day's phase on, until nothing changes any more."""
    days = decisions(policy, facts, on)
    entry = policy.of(facts.type, facts.tld)
    lasts = [*(day - ONE_DAY for day, _ in days[1:]), None]
    before = [days[0][1], *(decision for _, decision in days[:-1])]
    return [
        _step(entry, day, last, decision, earlier)
        for (day, decision), last, earlier in zip(days, lasts, before, strict=True)
    ]


def told(policy: Policy, facts: Facts, on: date) -> list[Told]:
    """Notices that are still to come, that day's among them. What was ended, or is followed, has none."""
    if facts.first_unpaid is None or facts.ended is not None:
        return []
    planned = ((shifted(facts.first_unpaid, each.at), each) for each in policy.of(facts.type, facts.tld).notices)
    return [Told(day, each) for day, each in planned if day is not None and day >= on]


def _step(entry: Entry, day: date, last: date | None, now: Decision, before: Decision) -> Step:
    archive, over = entry.archive, now.ended and now.phase != ERASED
    ways = (RENEWABLE, RENEWABLE_BY_FEE, RESTORABLE)
    way = next((each for each in ways if each in now.capabilities), "")
    return Step(
        day=day,
        phase=now.phase,
        last=last,
        lost=_in_order(before.capabilities - now.capabilities),
        gained=_in_order(now.capabilities - before.capabilities),
        renewal=way,
        fees=(archive.fee,) if way == RESTORABLE and archive.fee else now.fees,
        saved=archive.keeps if over else (),
        loses=archive.loses if over else (),
        conditions=tuple(_conditions(entry, now)),
        closes=now is not before and now.phase == before.phase,
    )


def _conditions(entry: Entry, now: Decision) -> Iterator[str]:
    whole = IMAGE in entry.archive.keeps
    if whole and not now.ended and now.phase != ACTIVE and SERVED not in now.capabilities:
        yield ALL_OFF if BACKUP_STORAGE in entry.archive.loses else POWERED_OFF
    if not now.ended or now.phase == ERASED:
        return
    if whole:
        yield AS_IMAGE
    if entry.licence_released:
        yield LICENCE_RELEASED


def _in_order(capabilities: frozenset[str]) -> tuple[str, ...]:
    return tuple(each for each in CAPABILITIES if each in capabilities)
