"""What a case costs, and when a machine's word is enough to lock (spec rows L2, L3, L5, L9). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MINOR, SERIOUS, SEVERE = 0, 1, 2
REPEATED, IGNORED, GRAVE, DELIBERATE = "repeated", "ignored", "severe", "deliberate"
CURRENCIES = ("EUR", "CZK")


@dataclass(frozen=True)
class Terms:
    """`fee`: of unlocking, in minor units without VAT. `within`: days in which another case is a repetition. `signals`: so many minor
    signals of machines lock as one serious signal does."""

    fee: int = 4_000
    currency: str = "EUR"
    within: int = 365
    signals: int = 3


@dataclass(frozen=True)
class Breach:
    opened: datetime
    severity: int
    deliberate: bool
    former: datetime | None = None  # when the customer's last case before it was opened, unless that was unfounded
    deadline: datetime | None = None  # the first one that a warning named
    mended: datetime | None = None  # when the customer first said so


def reasons(breach: Breach, terms: Terms, now: datetime) -> tuple[str, ...]:
    """Why unlocking costs a fee; empty: it is free, as it is for a first, light breach that is quickly mended (L9)."""
    ignored = breach.deadline is not None and (breach.mended or now) > breach.deadline
    repeated = breach.former is not None and breach.opened - breach.former <= timedelta(days=terms.within)
    found = {
        REPEATED: repeated, IGNORED: ignored, GRAVE: breach.severity >= SEVERE, DELIBERATE: breach.deliberate,
    }  # fmt: skip
    return tuple(reason for reason, holds in found.items() if holds)


def may_end(severity: int, deliberate: bool) -> bool:
    """At once, by two people (L2)."""
    return severity >= SEVERE and deliberate


def locks(severity: int, signals: int, terms: Terms) -> bool:
    """Whether a signal of that severity, the case's so many-th, locks what it is about at once."""
    return severity >= SERIOUS or signals >= terms.signals
