"""A service's course, drawn: a bar of what holds how long, in SVG's numbers; and each of its steps in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from django.utils.formats import date_format
from django.utils.translation import gettext

from gasthof.kernel.amounts import amount
from gasthof.kernel.capability import Badge
from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.rules.policy import (
    ACTIVE,
    ENDS,
    ERASED,
    QUARANTINE,
    RENEWABLE,
    RENEWABLE_BY_FEE,
    RESTORABLE,
    Policy,
)  # fmt: skip
from gasthof.slices.lifecycle.rules.timeline import Step

Tone = Literal["good", "warn", "bad", "gone"]
SHAPES: Mapping[Tone, str] = {
    "good": "circle-check",
    "warn": "circle-pause",
    "bad": "octagon-alert",
    "gone": "circle-off",
}
TONES: dict[str, Tone] = {
    ACTIVE: "good",
    QUARANTINE: "bad",
    "pending_delete": "bad",
    ERASED: "gone",
    **dict.fromkeys(ENDS, "gone"),
}


@dataclass(frozen=True)
class Part:
    """Of the bar: from x on, so wide."""

    x: float
    width: float
    tone: Tone
    words: str  # for who points at it
    day: str  # at which it begins; "" where there is no room to say so
    last: bool


@dataclass(frozen=True)
class Course:
    """`steps` of rules.timeline, the first of which is today's."""

    steps: Sequence[Step]
    policy: Policy
    price: str = ""  # of a renewal, in words
    belongs_to: str = ""  # what it follows, in words; "": its days are its own
    waits: bool = False  # for somebody to say what it costs: its first unpaid day does not come before

    WIDTH, HEIGHT, BAR, NARROWEST, ROOM = 640, 56, 24, 28.0, 118.0
    OPEN_END: ClassVar = 0.12  # share of the bar of what has no end

    @property
    def parts(self) -> list[Part]:
        """Widths follow the days, but for a least width, so that a day before the end can still be seen."""
        found, x, widths = [], 0.0, self._widths()
        for nth, (step, width) in enumerate(zip(self.steps, widths, strict=True)):
            last = nth == len(widths) - 1
            room = width if not last else width + (widths[nth - 1] - self.ROOM if nth else 0.0)
            day = shown(step.day) if room >= self.ROOM else ""
            found.append(
                Part(round(x, 2), round(width, 2), tone(step.phase), f"{shown(step.day)}: {named(step)}", day, last)
            )
            x += width
        return found

    def _widths(self) -> list[float]:
        days = [((later.day - step.day).days or 1) for step, later in zip(self.steps, self.steps[1:], strict=False)]
        if not days:
            return [float(self.WIDTH)]
        last = self.WIDTH * self.OPEN_END
        room = self.WIDTH - last - self.NARROWEST * len(days)
        return [self.NARROWEST + room * each / sum(days) for each in days] + [last]

    @property
    def sentence(self) -> str:
        """ "If nothing is paid: 3 March suspended, 2 May deleted, restorable until 15 May", or "" where nothing is to come."""
        said = [f"{shown(step.day)}: {named(step)}" for step in self.steps[1:] if step.phase != ERASED]
        kept = next((step.last for step in self.steps if step.renewal == RESTORABLE and step.last), None)
        said += [gettext("restorable until %(day)s") % {"day": shown(kept)}] if kept else []
        return "; ".join(said)

    @property
    def told(self) -> list[dict[str, object]]:
        """A line a step: when, what, what goes and comes with it, what it costs to change it, what can be saved."""
        return [
            {
                "day": shown(step.day), "iso": step.day.isoformat(), "last": shown(step.last) if step.last else "",
                "words": named(step), "tone": tone(step.phase), "today": nth == 0,
                "changes": [] if step.closes else _changes(step),
                "conditions": conditions(step), "cost": self._cost(step), "saved": ", ".join(str(explaining.KEPT[each]) for each in step.saved),
            }
            for nth, step in enumerate(self.steps)
        ]  # fmt: skip

    @property
    def at_the_end(self) -> list[str]:
        """What its end takes for good, and how what was saved comes back; empty: it does not end, or there is nothing to say."""
        end = next((step for step in self.steps if step.phase in ENDS), None)
        return conditions(end) if end else []

    def _cost_above(self, step: Step) -> str:
        """Of what follows another service."""
        if step.phase == ACTIVE:
            return gettext("It goes on as long as this is paid: %(name)s.") % {"name": self.belongs_to}
        return gettext("It goes on as soon as this is paid: %(name)s.") % {"name": self.belongs_to}

    def _cost(self, step: Step) -> str:
        fees = ", ".join(fee_words(self.policy, key) for key in step.fees)
        if step.renewal == RESTORABLE:
            return gettext("Restoring it costs: %(fees)s.") % {"fees": fees} if fees else gettext("It can be restored.")
        if self.belongs_to and step.phase not in (*ENDS, ERASED):
            return self._cost_above(step)
        if self.waits and step.phase == ACTIVE:
            return gettext("It goes on until somebody has said what it costs, and can then be paid for.")
        if step.renewal not in (RENEWABLE, RENEWABLE_BY_FEE):
            return gettext("Paying does not help any more.")
        if not self.price and not fees:
            return gettext("It can be renewed at the usual price.")
        price = self.price or gettext("the usual price")
        return gettext("Paying costs: %(price)s.") % {"price": ", ".join(filter(None, (price, fees)))}


def _changes(step: Step) -> list[str]:
    lost = [str(explaining.LOST[each]) for each in step.lost]
    return lost + [str(explaining.GAINED[each]) for each in step.gained if each in explaining.GAINED]


def conditions(step: Step) -> list[str]:
    """What is lost with an end, and how what was saved comes back."""
    what = ", ".join(str(explaining.KEPT[each]) for each in step.loses)
    lost = [str(explaining.LOSES) % {"what": what}] if what else []
    return lost + [str(explaining.CONDITIONS[each]) for each in step.conditions]


def shown(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def named(step: Step) -> str:
    """What begins on its day."""
    return gettext("its registry renews it no more") if step.closes else words(step.phase)


def words(phase: str) -> str:
    return str(explaining.PHASES[phase])


def standing(phase: str, *, closed: bool = False) -> Badge:
    """How a service stands, as a badge: what a hold closes is held, whatever its phase."""
    if closed and phase not in (*ENDS, ERASED):
        return gettext("held"), "bad", "lock"
    kind = tone(phase)
    return str(explaining.PHASES[phase]), "" if kind == "gone" else kind, SHAPES[kind]


def tone(phase: str) -> Tone:
    return TONES.get(phase, "warn")


def fee_words(policy: Policy, key: str) -> str:
    """“Restoration: 20.00 EUR without VAT”, or that it has to be asked for."""
    fee, name = policy.fees[key], str(explaining.FEES[key]) if key in explaining.FEES else key
    if fee.amount is None:
        return gettext("%(name)s, on request") % {"name": name}
    costs = amount(fee.amount, policy.currency)
    each = {"subserver": gettext("for each subserver"), "domain": gettext("for each domain")}.get(fee.each, "")
    return " ".join(filter(None, (f"{name} {costs}", each, gettext("without VAT"))))
