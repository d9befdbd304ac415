"""What a customer's page tells of their money: what is open, how the account stands, what came in last."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gasthof.kernel.amounts import amount
from gasthof.kernel.capability import CARD_LINES, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.billing.models import Payment, Proforma
from gasthof.slices.billing.queries import standing
from gasthof.slices.billing.wording import account, shown_day, standing_of, today

LAST_PAYMENTS = 3


def money(customer: Customer) -> Card:
    """Four queries."""
    asked = Proforma.objects.filter(customer=customer, state=Proforma.OPEN).order_by("valid_until", "number")
    paid = Payment.objects.filter(customer=customer).order_by("-pk")
    lines = (*map(_asked, asked[:CARD_LINES]), *map(_paid, paid[:LAST_PAYMENTS]))
    facts = tuple((name, value) for name, value, _note in account(standing(customer.number, today())) if value != "–")
    at = reverse("billing:invoices", args=[customer.number])
    return Card(_("Money"), at, lines, _("Nothing is open, and nothing was paid yet."), facts)


def _asked(row: Proforma) -> Line:
    until = _("until %(day)s") % {"day": shown_day(row.valid_until)}
    name = _("Proforma %(number)s") % {"number": row.number}
    note = f"{amount(row.total - row.received, row.currency)}, {until}"
    return Line(name, reverse("billing:proforma", args=[row.number]), note, standing_of(row))


def _paid(row: Payment) -> Line:
    name = _("Payment of %(day)s") % {"day": shown_day(row.at)}
    badge = _("charged back") if row.units < 0 else ""
    return Line(name, note=amount(row.units, row.currency), badge=(badge, "bad", "undo-2") if badge else None)
