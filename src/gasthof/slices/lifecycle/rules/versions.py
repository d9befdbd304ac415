"""A new version of a policy: what differs, when a service may go over to it, and what that would do to all services. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date

from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import Decision, Facts
from gasthof.slices.lifecycle.rules.policy import RENEWABLE, RENEWABLE_BY_FEE, RESTORABLE, Entry, Policy
from gasthof.slices.lifecycle.rules.timeline import as_planned, timeline

SAVED_BY = (RENEWABLE, RENEWABLE_BY_FEE, RESTORABLE)
WAYS = frozenset(SAVED_BY)


@dataclass(frozen=True)
class Change:
    """One thing that differs. `before` or `after` is None where it is not there at all."""

    entry: str  # a type's, a fee's, or "" for the whole
    what: str  # the field, or the phase
    before: object
    after: object


@dataclass(frozen=True)
class Simulation:
    """Over services: how many would change, the days on which their next phase would come instead, how many stay with their version."""

    services: int
    changed: int
    kept: int  # the new version would bring something earlier, so they stay with theirs
    by_day: Mapping[date, int]


def diff(before: Policy, after: Policy) -> list[Change]:
    """In the order of names; phases are compared by their names."""
    plain = [
        Change("", name, getattr(before, name), getattr(after, name))
        for name in ("currency", "notice_days")
        if getattr(before, name) != getattr(after, name)
    ]
    return [*plain, *_of_maps(before.fees, after.fees), *_of_entries(before.entries, after.entries)]


def may_go_over(before: Policy, after: Policy, facts: Facts, on: date) -> bool:
    """The pinning rule: under the new version nothing comes to this service earlier than under its own. No day from now on may be
    without something that it would have had, or ask more for saving it."""
    old, new = (as_planned(each, facts, on) for each in (before, after))
    days = {step.day for policy, each in ((before, old), (after, new)) for step in timeline(policy, each, on)}
    return all(_no_worse(evaluate(before, old, day), evaluate(after, new, day)) for day in sorted(days))


def _no_worse(old: Decision, new: Decision) -> bool:
    return old.capabilities - WAYS <= new.capabilities and _rank(new) >= _rank(old)


def _rank(decision: Decision) -> int:
    """How well it can be saved: by paying, by paying a fee, out of what was kept, not at all."""
    return max((len(SAVED_BY) - place for place, way in enumerate(SAVED_BY) if way in decision.capabilities), default=0)


def simulate(before: Policy, after: Policy, services: Iterable[tuple[Facts, int]], on: date) -> Simulation:
    """`services`: facts, and how many services have these."""
    total = changed = kept = 0
    by_day = Counter[date]()
    for facts, count in services:
        total += count
        if not may_go_over(before, after, facts, on):
            kept += count
            continue
        old, new = (evaluate(each, as_planned(each, facts, on), on) for each in (before, after))
        if old != new:
            changed += count
            if new.next_at is not None:
                by_day[new.next_at] += count
    return Simulation(total, changed, kept, dict(by_day))


def _of_maps(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield Change(key, "fee", before.get(key), after.get(key))


def _of_entries(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            yield Change(key, "entry", old, new)
            continue
        yield from (Change(key, name, *both) for name, both in _parts(old, new) if both[0] != both[1])


def _parts(old: Entry, new: Entry) -> Iterator[tuple[str, tuple[object, object]]]:
    names = [each.name for each in fields(Entry) if each.name != "phases"]
    yield from ((name, (getattr(old, name), getattr(new, name))) for name in names)
    before, after = ({phase.name: phase for phase in each.phases} for each in (old, new))
    yield from ((f"phase {name}", (before.get(name), after.get(name))) for name in sorted(before.keys() | after.keys()))
