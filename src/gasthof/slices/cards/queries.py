"""Reads of card payments."""

from typing import Annotated

from django.db.models import Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, reaches
from gasthof.slices.accounts.queries import is_number
from gasthof.slices.billing.queries import in_customers
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.cards.models import CardPayment

PAY, MANAGE = "cards.pay", "cards.manage"


def find_card_payment(actor: Actor, text: str) -> CardPayment | None:
    """By number."""
    found = CardPayment.objects.select_related("customer").filter(pk=int(text)).first() if is_number(text) else None
    return found if found and reaches(actor, found.place) else None


_PAYMENT = Reference("card payment", find_card_payment, lambda row: row.place, "number of the card payment")
CardPaymentRef = Annotated[CardPayment, _PAYMENT]


def shown(payment: CardPayment) -> dict[str, object]:
    return {
        "card_payment": payment.pk,
        "proforma": payment.proforma_id,
        "customer": payment.customer_id,
        "amount": str(Money(payment.units, payment.currency)),
        "state": payment.state,
        "outcome": payment.outcome,
        "begun": payment.begun.isoformat(timespec="seconds"),
        "operation": payment.operation,
    }


@collection("card_payments", permission=PAY, order=("-id",), shown=shown)
def card_payments(ask: Ask) -> QuerySet[CardPayment]:
    """Payments by card, the newest first; found by their proforma’s number or by a state."""
    rows = CardPayment.objects.filter(conjunction(ask.scopes, in_customers)).select_related("customer", "proforma")
    wanted = Q(proforma=int(ask.search)) if is_number(ask.search) else Q(state=ask.search)
    return rows.filter(wanted) if ask.search else rows
