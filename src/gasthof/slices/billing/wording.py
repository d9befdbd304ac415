"""How money and what becomes of it are told to people."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.billing.models import BankBooking, Case, Proforma
from gasthof.slices.billing.rules.matching import Outcome
from gasthof.slices.billing.rules.money import decimals
from gasthof.slices.lifecycle.rules.days import day_of

NARROW = "\N{NO-BREAK SPACE}"


def today() -> date:
    return day_of(SYSTEM_CLOCKS.business.now(), settings.TIME_ZONE)


def amount(units: int, currency: str) -> str:
    """“1.234,50 EUR” in German, “1,234.50 EUR” in English; on one line."""
    digits = decimals(currency)
    return f"{number_format(Decimal(units).scaleb(-digits), digits, force_grouping=True)}{NARROW}{currency}"


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


def payer(booking: BankBooking) -> str:
    return booking.name or (_("by card") if booking.network else _("unknown"))


def still_valid(proforma: Proforma) -> bool:
    """Whether it can be paid today."""
    return proforma.state == Proforma.OPEN and proforma.valid_until >= today()
