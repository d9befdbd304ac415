"""A policy as rows: what the sweep's SQL goes by. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from gasthof.slices.lifecycle.rules.policy import ERASE, ERASED, PHASES, SERVED, Entry, Policy

TIME, END, GONE = "time", "end", "gone"


@dataclass(frozen=True)
class StepRow:
    """`nth`: its place among the phases of its entry. `start` of "gone": days after the end."""

    entry: str
    nth: int
    kind: str
    phase: str
    start: int | None
    does: str
    notice_days: int
    spares: bool  # whether the days of an outage are given back
    serves: bool  # whether holds have something to close in it


@dataclass(frozen=True)
class FollowRow:
    """Where an entry stands while its parent is in that phase."""

    entry: str
    parent_phase: str
    nth: int


@dataclass(frozen=True)
class NoticeRow:
    """`at`: days from the first unpaid one."""

    entry: str
    name: str
    at: int


def notices(policy: Policy) -> Iterator[NoticeRow]:
    for entry in policy.entries.values():
        yield from (NoticeRow(entry.key, each.name, each.at) for each in entry.notices)


def steps(policy: Policy) -> Iterator[StepRow]:
    for entry in policy.entries.values():
        spares = not entry.registry_clock and not entry.follows
        for nth, phase in enumerate(entry.phases):
            kind = END if phase.ends else TIME
            yield StepRow(
                entry.key, nth, kind, phase.name, phase.start, phase.does, policy.notice_days, spares, SERVED in phase.can
            )  # fmt: skip
        if entry.archive.days:
            yield StepRow(entry.key, len(entry.phases), GONE, ERASED, entry.archive.days, ERASE, 0, False, False)


def follows(policy: Policy) -> Iterator[FollowRow]:
    for entry in policy.entries.values():
        if entry.follows:
            yield from (FollowRow(entry.key, phase, _place(entry, phase)) for phase in _phases())


def _phases() -> Iterator[str]:
    yield from PHASES
    yield ERASED


def _place(entry: Entry, parent_phase: str) -> int:
    return entry.phases.index(entry.as_parent(parent_phase))
