"""How a proforma is paid: to which account, what is missing, and the codes for banking apps."""

from django.utils.translation import gettext as _

from gasthof.slices.billing.models import House, Proforma
from gasthof.slices.billing.rules import payment_codes
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.billing.rules.payment_codes import Order
from gasthof.slices.billing.wording import still_valid

CODES = {"epc": payment_codes.epc, "spayd": payment_codes.spayd}


def order(proforma: Proforma, house: House | None) -> Order | None:
    """None: it is not to be paid any more, or the house has not said where to."""
    iban, bic = house.account(proforma.currency) if house else ("", "")
    if house is None or not iban or not still_valid(proforma):
        return None
    missing = Money(proforma.total - proforma.received, proforma.currency)
    text = _("Proforma invoice %(number)s") % {"number": proforma.number}
    return Order(house.name, iban, missing, str(proforma.number), text, bic)


def codes(wanted: Order) -> list[str]:
    """Which of CODES can say it: EPC codes are for EUR."""
    return [name for name in CODES if name != "epc" or wanted.amount.currency == "EUR"]


def missing_words(house: House | None, currency: str) -> str:
    """What the house has not said yet and a payer needs; empty: it has."""
    if house is None:
        return _("We have not said yet where to pay to. Please ask us.")
    if not house.account(currency)[0]:
        return _("We have no account for %(currency)s. Please ask us how to pay.") % {"currency": currency}
    return ""
