"""Small parts of pages as data: states, quotas, facts, plots. Templates draw them ({% load ui %})."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext

WARNING, ALARM = 80, 95  # per cent of a quota


@dataclass(frozen=True)
class State:
    """How something is: one word, a colour, and a sign for those who see no colours."""

    word: str
    tone: Literal["", "good", "warn", "bad", "info"]
    icon: str


@dataclass(frozen=True)
class Named:
    """What a row is about, and whose or what that is, in a line of its own below; "" for none."""

    name: str
    more: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Addresses:
    """Mail addresses, each in a line of its own, and what is to be said of all of them; "" for nothing."""

    each: Sequence[str]
    more: str = ""


def state(name: str) -> State:
    """Of an object or a change, by the word that verbs and nodes use."""
    known = {
        "pending": State(gettext("on its way"), "info", "loader-circle"),
        "live": State(gettext("live"), "good", "circle-check"),
        "active": State(gettext("active"), "good", "circle-check"),
        "failed": State(gettext("failed"), "bad", "octagon-alert"),
        "suspended": State(gettext("suspended"), "warn", "circle-pause"),
        "drift": State(gettext("repaired"), "info", "wrench"),
        "off": State(gettext("switched off"), "", "circle-off"),
    }
    return known.get(name, State(name, "", "circle"))


@dataclass(frozen=True)
class Quota:
    """How much of something is used. Without a limit only the number is shown."""

    used: int
    limit: int | None
    unit: Literal["bytes", "count"] = "bytes"
    label: str = ""  # for screen readers, where the words beside it do not say what is counted

    @property
    def share(self) -> int | None:
        """Per cent; of nothing all is used."""
        if self.limit is None or not (self.limit or self.used):
            return None
        return 100 * self.used // self.limit if self.limit else 100

    @property
    def drawn(self) -> int:
        return min(self.share or 0, 100)

    @property
    def tone(self) -> Literal["", "warn", "bad"]:
        share = self.share or 0
        return "bad" if share >= ALARM else "warn" if share >= WARNING else ""

    @property
    def words(self) -> str:
        if self.limit is None:
            return self._said(self.used)
        if not (self.limit or self.used):
            return gettext("not included")
        return gettext("%(used)s of %(limit)s") % {"used": self._said(self.used), "limit": self._said(self.limit)}

    @property
    def warning(self) -> str:
        share = self.share or 0
        if share >= 100:
            return gettext("full")
        return gettext("almost full") if share >= ALARM else gettext("getting full") if share >= WARNING else ""

    def _said(self, number: int) -> str:
        return filesizeformat(number) if self.unit == "bytes" else number_format(number)


@dataclass(frozen=True)
class Fact:
    """One line of what to type into another program; `copy` where it is typed exactly so."""

    name: str
    value: str
    copy: bool = True
    note: str = ""


@dataclass(frozen=True)
class Plot:
    """Numbers over days, drawn as columns or as a line, and as a table for those who want the numbers."""

    title: str
    points: Sequence[tuple[date, float]]
    unit: Literal["bytes", "count"] = "count"
    shape: Literal["columns", "line"] = "columns"

    WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 640, 180, 64, 22, 8

    @property
    def top(self) -> float:
        """A round number above the highest: 1, 2 or 5 with zeros."""
        highest = max((value for _, value in self.points), default=0)
        step = 1.0
        while step * 5 < highest:
            step *= 10
        return next(step * times for times in (1, 2, 5) if step * times >= highest)

    @property
    def lines(self) -> list[tuple[float, str]]:
        """Heights at which a line is drawn, with their words."""
        return [(self._y(self.top * share), self._said(self.top * share)) for share in (0, 0.5, 1)]

    @property
    def columns(self) -> list[tuple[float, float, float, float, str]]:
        """x, y, width, height, words."""
        width = self._room / max(len(self.points), 1)
        floor = self._y(0)
        return [
            (round(self.LEFT + nth * width + width * 0.15, 2), self._y(value), round(width * 0.7, 2),
             round(floor - self._y(value), 2), f"{date_format(day, 'SHORT_DATE_FORMAT')}: {self._said(value)}")
            for nth, (day, value) in enumerate(self.points)
        ]  # fmt: skip

    @property
    def path(self) -> str:
        """Of the line, for SVG's `points`."""
        steps = max(len(self.points) - 1, 1)
        placed = ((self.LEFT + self._room * nth / steps, self._y(value)) for nth, (_, value) in enumerate(self.points))
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)

    @property
    def area(self) -> str:
        return f"{self.LEFT},{self._y(0)} {self.path} {self.WIDTH},{self._y(0)}"

    @property
    def days(self) -> list[tuple[float, str, str]]:
        """x, words and anchor of the first and last day."""
        if not self.points:
            return []
        first, last = self.points[0][0], self.points[-1][0]
        return [
            (self.LEFT, date_format(first, "SHORT_DATE_FORMAT"), "start"),
            (self.WIDTH, date_format(last, "SHORT_DATE_FORMAT"), "end"),
        ]

    @property
    def table(self) -> list[tuple[str, str]]:
        return [(date_format(day, "SHORT_DATE_FORMAT"), self._said(value)) for day, value in self.points]

    @property
    def _room(self) -> float:
        return self.WIDTH - self.LEFT

    def _y(self, value: float) -> float:
        return round(self.ABOVE + (self.HEIGHT - self.ABOVE - self.BELOW) * (1 - value / self.top), 2)

    def _said(self, value: float) -> str:
        if self.unit == "bytes":
            return filesizeformat(value)
        return number_format(value, 0 if value == int(value) else 1)
