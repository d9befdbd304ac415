"""A new version of a policy: what differs, and whether a service may go over to it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from math import inf

from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import Facts
from gasthof.slices.lifecycle.rules.policy import (
    ACTIVE,
    ENDS,
    ERASED,
    RENEWABLE,
    RENEWABLE_BY_FEE,
    RESTORABLE,
    Entry,
    Fee,
    Policy,
)  # fmt: skip
from gasthof.slices.lifecycle.rules.timeline import as_planned, timeline

SAVED_BY = (RENEWABLE, RENEWABLE_BY_FEE, RESTORABLE)
WAYS = frozenset(SAVED_BY)
IN_COURSE, ENDED = 1, 2
STAGES = {ACTIVE: 0, **dict.fromkeys(ENDS, ENDED), ERASED: 3}  # of a service's way; all other phases lie in its course


@dataclass(frozen=True)
class Change:
    """One thing that differs. `before` or `after` is None where it is not there at all."""

    entry: str  # a type's, a fee's, or "" for the whole
    what: str  # the field, or the phase
    before: object
    after: object


def diff(before: Policy, after: Policy) -> list[Change]:
    """In the order of names; phases are compared by their names."""
    plain = [
        Change("", name, getattr(before, name), getattr(after, name))
        for name in ("currency", "notice_days")
        if getattr(before, name) != getattr(after, name)
    ]
    return [*plain, *_of_maps(before.fees, after.fees), *_of_entries(before.entries, after.entries)]


def may_go_over(before: Policy, after: Policy, facts: Facts, on: date, then: Facts | None = None) -> bool:
    """The pinning rule: under the new version nothing comes to this service earlier than under its own. From that day on no day may be
    without something that it would have had, further on its way to the end, or ask more for saving it. `then`: what is known of it
    by then, where something else changes with the version: once it is paid, say."""
    old, new = as_planned(before, facts, on), as_planned(after, then or facts, on)
    days = {step.day for policy, each in ((before, old), (after, new)) for step in timeline(policy, each, on)}
    return all(_no_worse(_standing(before, old, day), _standing(after, new, day)) for day in sorted(days))


@dataclass(frozen=True)
class _Standing:
    """Of a service on a day, as far as it is compared."""

    stage: int  # of STAGES
    can: frozenset[str]
    way: int  # how well it can be saved: by paying, by paying a fee, out of what was kept, not at all
    fees: tuple[Fee, ...]
    currency: str


def _standing(policy: Policy, facts: Facts, day: date) -> _Standing:
    found, entry = evaluate(policy, facts, day), policy.of(facts.type, facts.tld)
    way = max((len(SAVED_BY) - place for place, way in enumerate(SAVED_BY) if way in found.capabilities), default=0)
    if entry.follows and not found.ended:
        way = len(SAVED_BY)  # paying for what it belongs to is all that it takes
    kept = (entry.archive.fee,) if entry.archive.fee and RESTORABLE in found.capabilities else ()
    fees = tuple(policy.fees[key] for key in (*found.fees, *kept))
    return _Standing(STAGES.get(found.phase, IN_COURSE), found.capabilities - WAYS, way, fees, policy.currency)


def _no_worse(old: _Standing, new: _Standing) -> bool:
    if new.stage > old.stage or not old.can <= new.can or new.way < old.way:
        return False
    return new.way > old.way or not _dearer(old, new)


def _dearer(old: _Standing, new: _Standing) -> bool:
    """What has to be asked for may cost anything."""
    before, after = (sum(inf if fee.amount is None else fee.amount for fee in each.fees) for each in (old, new))
    units = old.currency, {fee.each for fee in old.fees}
    return after > before or (after > 0 and units != (new.currency, {fee.each for fee in new.fees}))


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
