"""What a customer's page tells of their services."""

from collections.abc import Collection
from datetime import date

from django.db.models import F
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.capability import CARD_LINES, Card, Line
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.lifecycle.drawing import standing
from gasthof.slices.lifecycle.explaining import TYPES
from gasthof.slices.lifecycle.included import INCLUDED
from gasthof.slices.lifecycle.knowing import known_at_once
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.queries import next_step, waiting_for_price
from gasthof.slices.lifecycle.sweeping import today


def services(customer: Customer) -> Card:
    """Those that stand: what is closed by a hold ahead, then by the next day on which something happens."""
    stand = Service.objects.filter(customer=customer, ended=None).exclude(type__in=INCLUDED)
    known = stand.select_related("customer", "parent").prefetch_related(*known_at_once())
    rows = known.order_by("-closed", F("due_at").asc(nulls_last=True), "pk")[:CARD_LINES]
    day = today(SYSTEM_CLOCKS.business.now())
    waiting = waiting_for_price(rows, day)
    return Card(
        _("Services"), reverse("lifecycle:services", args=[customer.number]), tuple(_line(row, day, waiting) for row in rows),
        empty=_("No service at present."),
    )  # fmt: skip


def _line(row: Service, day: date, waiting: Collection[int]) -> Line:
    found = next_step(row, day, waiting)
    note = _("next on %(day)s") % {"day": date_format(found.day, "SHORT_DATE_FORMAT")} if found else ""
    name = f"{TYPES[row.type]} {row.unicode}"
    return Line(name, reverse("lifecycle:service", args=[row.pk]), note, standing(row.phase, closed=row.closed))
