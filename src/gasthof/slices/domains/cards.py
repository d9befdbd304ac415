"""What a customer's page tells of their domains."""

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from gasthof.kernel.capability import CARD_LINES, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.domains.models import Domain


def count(customer: Customer) -> Card:
    """How many there are, and those that came last."""
    rows = Domain.objects.filter(customer=customer)
    lines = tuple(
        Line(row.unicode, reverse("domains:domain", args=[row.name])) for row in rows.order_by("-pk")[:CARD_LINES]
    )
    number = (_("How many"), number_format(rows.count()))
    return Card(_("Domains"), reverse("domains:overview", args=[customer.number]), lines, facts=(number,))
