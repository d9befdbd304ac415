"""How long what is paid lasts, and what is asked for a renewal on a day. Pure."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gasthof.slices.lifecycle.rules.policy import RENEWABLE, RENEWABLE_BY_FEE
from gasthof.slices.lifecycle.rules.timeline import Step

LEAD = 30  # days before the first unpaid one on which a renewal is asked for
OPEN_END = 60  # days that a proforma is valid where no end of its price is known
PERIODS = (1, 3, 6, 12, 24, 36)  # months


MOST_SUBSERVERS = 150  # of one service that have prices of their own: a proforma has 200 lines at most


@dataclass(frozen=True)
class Share:
    """What a subserver costs by itself: an amount in minor units without VAT, for so many months."""

    net: int
    months: int

    def of(self, months: int) -> int:
        """For its parent's period; half a unit is rounded up."""
        return (2 * self.net * months + self.months) // (2 * self.months)


def whole(net: int, months: int, shares: Iterable[Share]) -> int:
    """Minor units without VAT that a parent's period costs, with those of its subservers that have a price of their own."""
    return net + sum(each.of(months) for each in shares)


@dataclass(frozen=True)
class Asked:
    """What paying costs beside the service's price: keys of the policy's fees, and the last day on which it is so."""

    fees: tuple[str, ...]
    last: date


def after(first: date, months: int, anchor: int) -> date:
    """The first day after so many months. `anchor`: the day of the month that the service began on, which short months do not wear off."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(anchor, monthrange(year, month + 1)[1]))


def opened_until(until: date, months: int, anchor: int, paid_on: date) -> date:
    """The first unpaid day of what was off and is paid: whole periods in which it was are left out, so that paying for one opens it.

    `until`: as it would be without that.
    """
    while until <= paid_on:
        until = after(until, months, anchor)
    return until


def from_now(day: date) -> date:
    """Until then first unpaid days are near enough to be asked for."""
    return day + timedelta(days=LEAD)


def asked(steps: Sequence[Step]) -> Asked | None:
    """What is asked on the first step's day, of a timeline that begins on it. None: paying does not help."""
    now = steps[0]
    if now.renewal not in (RENEWABLE, RENEWABLE_BY_FEE):
        return None
    last = now.last
    for step in steps[1:]:
        if (step.renewal, step.fees) != (now.renewal, now.fees):
            break
        last = step.last
    return Asked(now.fees, last or now.day + timedelta(days=OPEN_END))
