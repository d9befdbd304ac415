"""What a customer's page tells of their mailboxes."""

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from gasthof.kernel.capability import CARD_LINES, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.mail.models import Mailbox


def count(customer: Customer) -> Card:
    """How many there are, and in which subscriptions, the fullest ahead; one query."""
    rows = Mailbox.objects.filter(domain__customer=customer).values_list("domain__subscription")
    found = list(rows.annotate(count=Count("pk")).order_by("-count", "domain__subscription"))
    lines = tuple(_line(f"s{number:06d}", number_format(boxes)) for number, boxes in found[:CARD_LINES])
    total = (_("How many"), number_format(sum(boxes for _number, boxes in found)))
    return Card(_("Mailboxes"), "", lines, facts=(total,))


def _line(subscription: str, boxes: str) -> Line:
    return Line(subscription, reverse("mail:subscription", args=[subscription]), boxes)
