"""What becomes of a name that nobody renews, TLD by TLD (spec/service-lifecycle.md, L22 to L28); what a lost answer turns out to be."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import idna

from gasthof.kernel.refusal import Refused
from gasthof.slices.registrar.driver import (
    Asked,
    Cancel,
    Check,
    Create,
    Held,
    Info,
    Release,
    Renew,
    Restore,
    RestoreQuote,
    Transfer,
    Update,
)

Phase = Literal[
    "active", "out of zone", "frozen", "auto-renew grace", "quarantine", "redemption", "pending delete", "free"
]
Recourse = Literal["renew", "restore", "nothing"]
EARLIEST = date(2000, 1, 1)  # a date before it is a registry's mistake (design/lifecycle-model.md)
LONGEST_TERM = 10  # years ahead of today (RFC 5731 leaves it to the registry; all of these say ten)


@dataclass(frozen=True)
class Span:
    """From so many days after the date that it counts from, that day included. Before it: negative."""

    since: int
    phase: Phase


@dataclass(frozen=True)
class TldRules:
    """`unpaid` counts from the date on which the registration ends, `cancelled` from the day of the deletion. Amounts in euro cents."""

    unpaid: tuple[Span, ...]
    cancelled: tuple[Span, ...]
    year: int
    restore: int
    released: bool = False  # whether it can be given back to the registry without its holder's consent
    reports: bool = False  # whether a restoration needs a report
    transfer_days: int = 0  # for which the losing registrar may object
    letters: bool = True  # whether it takes names in letters beyond a to z (IDNA)
    longest: int = LONGEST_TERM  # years at a time: ten or one


# DENIC's and nic.at's terms know no date of expiry: there it is the registrar who begins the quarantine, five days before.
DE = TldRules(
    (Span(-5, "quarantine"), Span(55, "free")), (Span(0, "redemption"), Span(30, "free")), 600, 4000, True, longest=1
)
AT = TldRules(
    (Span(-5, "quarantine"), Span(35, "free")), (Span(0, "quarantine"), Span(40, "free")), 1500, 6000, True, longest=1
)
EU = TldRules((Span(-5, "quarantine"), Span(35, "free")), (Span(0, "quarantine"), Span(40, "free")), 700, 3000)
SK = TldRules(
    (Span(0, "frozen"), Span(40, "free")), (Span(0, "redemption"), Span(40, "free")), 1300, 1300, letters=False
)
CZ = TldRules((Span(30, "out of zone"), Span(60, "free")), (Span(0, "free"),), 600, 600, letters=False)
# After the grace of 30 days the operator deletes, which begins the 30 days of redemption and 5 of pendingDelete (RFC 3915 section 2).
GENERIC = TldRules(
    (Span(0, "auto-renew grace"), Span(30, "redemption"), Span(60, "pending delete"), Span(65, "free")),
    (Span(0, "redemption"), Span(30, "pending delete"), Span(35, "free")),
    1100,
    8000,
    reports=True,
    transfer_days=5,  # ICANN's Transfer Policy, section I.A.4
)
BY_TLD = {"cz": CZ, "sk": SK, "de": DE, "at": AT, "eu": EU} | dict.fromkeys(
    ("com", "net", "info", "biz", "org", "mobi"), GENERIC
)
OTHERS = GENERIC  # L28: an entry here for each TLD that differs

RECOURSE: dict[Phase, Recourse] = {
    "active": "renew",
    "out of zone": "renew",
    "frozen": "renew",
    "auto-renew grace": "renew",
    "quarantine": "restore",
    "redemption": "restore",
    "pending delete": "nothing",
    "free": "nothing",
}
STATUSES: dict[Phase, tuple[str, ...]] = {
    "active": ("ok",),
    "out of zone": ("outzone", "expired"),
    "frozen": ("serverHold", "serverUpdateProhibited"),
    "auto-renew grace": ("autoRenewPeriod",),
    "quarantine": ("inactive", "quarantined"),
    "redemption": ("pendingDelete", "redemptionPeriod"),
    "pending delete": ("pendingDelete",),
    "free": (),
}
DELETED = {"pendingDelete", "redemptionPeriod", "quarantined"}


def tld_of(name: str) -> str:
    """The last label of A-labels."""
    return name.rpartition(".")[2]


def rules_of(name: str) -> TldRules:
    return BY_TLD.get(tld_of(name), OTHERS)


def phase_of(rules: TldRules, ends: date, deleted: date | None, on: date) -> Phase:
    """Where a name stands on that day. `deleted`: the day of its deletion, None if nobody asked for one."""
    spans, start = (rules.unpaid, ends) if deleted is None else (rules.cancelled, deleted)
    passed = (on - start).days
    found: Phase = "active"
    for span in spans:
        if span.since <= passed:
            found = span.phase
    return found


def next_change(rules: TldRules, ends: date, deleted: date | None, on: date) -> tuple[date, Phase] | None:
    """The first day after that one on which it stands elsewhere, and where; None: nothing is to come."""
    spans, start = (rules.unpaid, ends) if deleted is None else (rules.cancelled, deleted)
    ahead = [(start + timedelta(days=span.since), span.phase) for span in spans]
    return next(((day, phase) for day, phase in ahead if day > on), None)


def years_later(day: date, years: int) -> date:
    """The same day of that year; 29 February becomes the 28th where there is none."""
    year = day.year + years
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def too_far(ends: date, on: date) -> bool:
    """Whether a registry would refuse to have it end then."""
    return ends > years_later(on, LONGEST_TERM)


def believable(ends: date) -> bool:
    """Whether a date that a registry tells can be one: 1969 and the like come from a field that was empty."""
    return ends >= EARLIEST


Found = Literal["done", "not done", "pending"]


def found_out(request: Asked, held: Held | None) -> Found:
    """Whether a request whose answer was lost has been carried out, by what the registry says of the name now (None: it knows none)."""
    if isinstance(request, Check | Info | RestoreQuote | Update):
        return "not done"  # they may be asked again: what they set is set once
    if held is None:
        return "done" if isinstance(request, Cancel | Release) else "not done"
    return _by_what_is_held(request, held)


def _by_what_is_held(request: Asked, held: Held) -> Found:
    if isinstance(request, Create | Transfer):
        if isinstance(request, Transfer) and not held.ours and "pendingTransfer" in held.statuses:
            return "pending"
        return "done" if held.ours else "not done"
    if isinstance(request, Renew):
        return "done" if held.ours and held.ends > request.ends else "not done"
    if isinstance(request, Cancel):
        return "done" if DELETED & {*held.statuses} or not held.ours else "not done"
    if isinstance(request, Release):
        return "not done" if held.ours else "done"
    if isinstance(request, Restore):
        return "not done" if DELETED & {*held.statuses} else "done"
    return "not done" if "pendingRestore" in held.statuses else "done"  # a report


def check_name(name: str) -> None:
    """Whether its registry would take a name, in A-labels. Raises Refused."""
    labels = name.split(".")
    if labels[-1] in BY_TLD and len(labels) != 2:
        raise Refused("Only a name directly below .%(tld)s can be registered.", tld=labels[-1])
    if not rules_of(name).letters and labels[0].startswith("xn--"):
        raise Refused("Below .%(tld)s only the letters a to z, digits and hyphens are possible.", tld=labels[-1])


def check_years(name: str, years: int) -> None:
    """Raises Refused."""
    if years > rules_of(name).longest:
        raise Refused("Below .%(tld)s a term is one year.", tld=tld_of(name)).at("years")


def longest_period(rules: TldRules) -> int:
    """Years that can be paid at a time ahead of the end of a term, as none ends later than LONGEST_TERM from today."""
    return min(rules.longest, LONGEST_TERM - 1)


def check_period(tld: str, months: int) -> None:
    """Whether renewals below that TLD (an A-label; "": below all of them) can be for so many months at a time. Raises Refused."""
    if months % 12:
        raise Refused("Domain names are registered for whole years: 12 months, or several times that.").at("months")
    for each in (tld,) if tld else sorted(BY_TLD):
        years = longest_period(rules_of(f"x.{each}"))
        if months > 12 * years:
            raise _too_long(each, years, of_all=not tld).at("months")


def _too_long(tld: str, years: int, *, of_all: bool) -> Refused:
    shown = idna.decode(tld)
    if of_all:
        return Refused("This counts for .%(tld)s as well, where a term is one year. Set a longer period for the TLDs that allow it.", tld=shown)  # fmt: skip
    if years == 1:
        return Refused("Below .%(tld)s a term is one year.", tld=shown)
    return Refused("Below .%(tld)s at most %(years)d years can be paid at a time: a term ends ten years from today at the latest, and is renewed before the last one has run out.", tld=shown, years=years)  # fmt: skip
