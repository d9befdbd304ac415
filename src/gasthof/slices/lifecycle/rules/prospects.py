"""What a new version of the policy would do to services: who goes over to it, who stays, and which days move. Pure.

A service goes over at once if its time has not begun and nothing can come earlier by it, whatever becomes of its notices and of a wish for
its end. That depends on its type and TLD alone, so that PostgreSQL does it for all services, by one row for each pair of entries.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gasthof.slices.lifecycle.rules.evaluate import phase_on
from gasthof.slices.lifecycle.rules.facts import Decision, Facts, Termination
from gasthof.slices.lifecycle.rules.policy import ACTIVE, ENDS, ERASED, PHASES, Entry, Policy
from gasthof.slices.lifecycle.rules.timeline import as_planned, timeline
from gasthof.slices.lifecycle.rules.versions import may_go_over

OVER, COURSE, EARLIER = "over", "course", "earlier"
SOME_DAY = date(2100, 3, 3)  # which one makes no difference: only days between days count
LONG_BEFORE = timedelta(days=5_000)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Prospect:
    """Of a service that has not ended. Days are those that come if nothing is paid and notices go on their days; None: nothing comes,
    or its days are its parent's."""

    fate: str  # OVER, COURSE (its time has begun: it stays until it is renewed), EARLIER (something would come earlier: the same)
    next_from: date | None = None
    next_to: date | None = None
    end_from: date | None = None
    end_to: date | None = None


def prospect(before: Policy, after: Policy, facts: Facts, on: date, below: Iterable[Policy] = ()) -> Prospect:
    """`below`: versions that services which follow it may be pinned to."""
    if in_course(before, facts, on):
        return Prospect(COURSE)
    if not never_earlier(before, after, facts.type, facts.tld, below):
        return Prospect(EARLIER)
    if after.of(facts.type, facts.tld).follows:
        return Prospect(OVER)
    (next_from, end_from), (next_to, end_to) = (_days(each, facts, on) for each in (before, after))
    return Prospect(OVER, next_from, next_to, end_from, end_to)


def in_course(policy: Policy, facts: Facts, on: date) -> bool:
    """Whether it is unpaid, was told of its deletion, or has come to another phase. What was announced stays as it was."""
    unpaid = facts.first_unpaid is not None and facts.first_unpaid <= on
    return unpaid or facts.noticed is not None or phase_on(policy, facts, on) != ACTIVE


def never_earlier(before: Policy, after: Policy, type_: str, tld: str = "", below: Iterable[Policy] = ()) -> bool:
    """Whether `may_go_over` holds for all services of that kind whose time has not begun, and nothing comes earlier to what follows them."""
    old, new = before.of(type_, tld), after.of(type_, tld)
    if bool(old.follows) != bool(new.follows) or after.notice_days < before.notice_days:
        return False
    if new.registry_clock and not old.registry_clock:
        return False
    cases = _followed(type_) if old.follows else _timed(old, new, type_, tld)
    return all(
        may_go_over(before, after, facts, on) and all(_kept(policy, before, after, facts, on) for policy in below)
        for facts, on in cases
    )


def _timed(old: Entry, new: Entry, type_: str, tld: str) -> Iterator[tuple[Facts, date]]:
    """Each day from which on another notice is the next one, and an end that is wished for before time does anything."""
    facts = Facts(type_, tld, SOME_DAY)
    begins = min(0, old.phases[1].start or 0)
    yield facts, SOME_DAY - LONG_BEFORE
    yield replace(facts, termination=Termination(SOME_DAY - LONG_BEFORE + ONE_DAY, "", "")), SOME_DAY - LONG_BEFORE
    for notice in (*old.notices, *new.notices):
        if notice.at + 1 < begins:
            yield facts, SOME_DAY + timedelta(days=notice.at + 1)


def _followed(type_: str) -> Iterator[tuple[Facts, date]]:
    """Each phase of what it follows, and an end of its own."""
    yield Facts(type_, termination=Termination(SOME_DAY + ONE_DAY, "", "")), SOME_DAY
    yield from ((Facts(type_, parent=_parent(phase)), SOME_DAY) for phase in (*PHASES, ERASED))


def _parent(phase: str) -> Decision:
    return Decision(phase, frozenset(), ended_on=SOME_DAY if phase in (*ENDS, ERASED) else None)


def _kept(policy: Policy, before: Policy, after: Policy, facts: Facts, on: date) -> bool:
    """Whether all that follows it, pinned to that version, is no worse off on any day."""
    old, new = as_planned(before, facts, on), as_planned(after, facts, on)
    days = {step.day for each, known in ((before, old), (after, new)) for step in timeline(each, known, on)}
    pairs = {(phase_on(before, old, day), phase_on(after, new, day)) for day in days}
    return all(_follower_kept(policy, *pair, seen=set()) for pair in sorted(pairs))


def _follower_kept(policy: Policy, old: str, new: str, seen: set[tuple[str, str]]) -> bool:
    """And what follows that in turn."""
    if old == new or (old, new) in seen:
        return True
    seen.add((old, new))
    return all(
        may_go_over(policy, policy, Facts(entry.key, parent=_parent(old)), SOME_DAY, Facts(entry.key, parent=_parent(new)))
        and _follower_kept(policy, entry.as_parent(old).name, entry.as_parent(new).name, seen)
        for entry in policy.entries.values() if entry.follows
    )  # fmt: skip


def _days(policy: Policy, facts: Facts, on: date) -> tuple[date | None, date | None]:
    """The next change, and the end."""
    steps = timeline(policy, as_planned(policy, facts, on), on)
    end = next((step.day for step in steps if step.phase in ENDS), None)
    return steps[1].day if len(steps) > 1 else None, end
