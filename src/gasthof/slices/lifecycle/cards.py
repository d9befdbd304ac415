"""What a customer's page tells of their services."""

from django.db.models import F
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gasthof.kernel.capability import CARD_LINES, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.lifecycle.drawing import standing
from gasthof.slices.lifecycle.explaining import TYPES
from gasthof.slices.lifecycle.included import INCLUDED
from gasthof.slices.lifecycle.models import Service


def services(customer: Customer) -> Card:
    """Those that stand: what is closed by a hold ahead, then by the next day on which something happens."""
    rows = Service.objects.filter(customer=customer, ended=None).exclude(type__in=INCLUDED).order_by("-closed", F("due_at").asc(nulls_last=True), "pk")  # fmt: skip
    return Card(
        _("Services"), reverse("lifecycle:services", args=[customer.number]), tuple(map(_line, rows[:CARD_LINES])),
        empty=_("No service at present."),
    )  # fmt: skip


def _line(row: Service) -> Line:
    note = _("next on %(day)s") % {"day": date_format(row.due_at, "SHORT_DATE_FORMAT")} if row.due_at else ""
    name = f"{TYPES[row.type]} {row.unicode}"
    return Line(name, reverse("lifecycle:service", args=[row.pk]), note, standing(row.phase, closed=row.closed))
