"""How money and what becomes of it are told to people."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.amounts import NARROW, amount
from gasthof.kernel.capability import Badge
from gasthof.slices.billing.models import BankBooking, Case, Proforma
from gasthof.slices.billing.rules.matching import Outcome
from gasthof.slices.billing.rules.standing import Standing
from gasthof.slices.lifecycle.rules.days import day_of


def today() -> date:
    return day_of(SYSTEM_CLOCKS.business.now(), settings.TIME_ZONE)


def amounts(found: Iterable[tuple[str, int]]) -> str:
    """Of several currencies, those that are nothing left out; “–”: nothing at all."""
    return ", ".join(amount(units, currency) for currency, units in found if units) or "–"


def shown_day(day: date | datetime) -> str:
    return date_format(localtime(day) if isinstance(day, datetime) else day, "SHORT_DATE_FORMAT")


def percent(rate: int) -> str:
    """Of a rate in parts of 10,000: “19 %”."""
    return f"{number_format(Decimal(rate).scaleb(-2).normalize())}{NARROW}%"


def tax(category: str, rate: int) -> str:
    """How a document names the VAT of a category, with the words that the law asks for (UStG section 14a(5))."""
    if category == "reverse charge":
        return _("Reverse charge: the recipient owes the VAT")
    if category == "exempt":
        return _("Exempt from VAT")
    return _("VAT %(rate)s") % {"rate": percent(rate)}


REASONS = {
    "symbol": gettext_lazy("the variable symbol"),
    "similar symbol": gettext_lazy("a similar variable symbol"),
    "iban": gettext_lazy("an account that they paid from before"),
    "amount": gettext_lazy("the amount"),
    "name": gettext_lazy("the name"),
}  # rules.matching.WEIGHTS
WHY = {
    Outcome.CANCELLED: gettext_lazy("Paid for a proforma invoice that was cancelled or expired"),
    Outcome.CURRENCY: gettext_lazy("Paid in another currency"),
    Outcome.REVERSAL: gettext_lazy("Charged back"),
    Case.RETURN: gettext_lazy("To be sent back"),
}  # of cases


def standing_of(row: Proforma) -> Badge:
    """A proforma as a badge."""
    if row.state == Proforma.OPEN and not still_valid(row):
        return _("no longer valid"), "bad", "calendar-x"
    if row.state == Proforma.OPEN and row.received:
        return _("partly paid"), "info", "circle-dot"
    known: dict[str, Badge] = {
        Proforma.OPEN: (_("open"), "warn", "circle-dot"),
        Proforma.PAID: (_("paid"), "good", "circle-check"),
        Proforma.CANCELLED: (_("cancelled"), "", "circle-x"),
        Proforma.EXPIRED: (_("expired"), "", "calendar-x"),
    }
    return known[row.state]


def account(found: Sequence[Standing]) -> list[tuple[str, str, str]]:
    """Open, overdue, credit, charged back: name, value, and a note where one is needed."""
    owed = [(each.currency, -each.credit) for each in found if each.credit < 0]
    told = [(_("Open"), amounts((each.currency, each.open) for each in found), "")]
    if any(each.overdue for each in found):
        told.append((_("Of that overdue"), amounts((each.currency, each.overdue) for each in found), ""))
    told.append((_("Credit"), amounts((each.currency, max(0, each.credit)) for each in found), ""))
    if owed:
        told.append((_("Charged back"), amounts(owed), _("You owe us this beside open proforma invoices.")))
    return told


def payer(booking: BankBooking) -> str:
    return booking.name or (_("by card") if booking.network else _("unknown"))


def still_valid(proforma: Proforma) -> bool:
    """Whether it can be paid today."""
    return proforma.state == Proforma.OPEN and proforma.valid_until >= today()
