"""Entries of a policy, drawn on one scale of days, so that they can be compared. In SVG's numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from gasthof.slices.lifecycle.drawing import tone
from gasthof.slices.lifecycle.rules.policy import Entry

AHEAD = 30  # days of what is paid that are drawn at least
WIDTH = 640


@dataclass(frozen=True)
class Span:
    """From x on, so wide. `tone`: of drawing.Tone, or "kept" for what is restorable."""

    x: float
    width: float
    tone: str


@dataclass(frozen=True)
class Scale:
    """From one day to another, both counted from the first unpaid one."""

    first: int
    last: int

    WIDTH: ClassVar = WIDTH

    def x(self, day: int) -> float:
        """Within the drawing, whatever the day."""
        share = (day - self.first) / (self.last - self.first)
        return round(WIDTH * min(max(share, 0.0), 1.0), 2)

    @property
    def due(self) -> float:
        """Where the first unpaid day is."""
        return self.x(0)


def scale(entries: Iterable[Entry], most: int = 365) -> Scale:
    """Wide enough for all that have days of their own, but for at most so many days after the first unpaid one."""
    ends = [each.end.start + each.archive.days for each in entries if each.end.start is not None]
    return Scale(-AHEAD, min(max(ends, default=0) + AHEAD // 3, most) or AHEAD)


def spans(entry: Entry, by: Scale) -> list[Span]:
    """What holds how long; nothing for what follows another service."""
    return [Span(by.x(start), round(by.x(end) - by.x(start), 2), kind) for start, end, kind in _days(entry, by)]


def _days(entry: Entry, by: Scale) -> Iterator[tuple[int, int, str]]:
    if entry.follows:
        return
    starts = [phase.start if phase.start is not None else by.first for phase in entry.phases]
    for phase, (start, end) in zip(entry.phases, pairwise([*starts, by.last]), strict=True):
        kept = min(start + entry.archive.days, end) if phase.ends else start
        if kept > start:
            yield start, kept, "kept"
        if end > kept:
            yield kept, end, tone(phase.name)
