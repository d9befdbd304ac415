"""Asking the network: for a payment, and what became of it. A job does so; nobody's page waits for another house's server."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, override
from procrastinate.contrib.django import app

from gasthof.kernel import rows
from gasthof.kernel.clock import Clocks
from gasthof.slices.cards import rules
from gasthof.slices.cards.driver import Begin, Driver
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cards.recording import record, unanswered

JOB = "cards.follow"
HURRY = timedelta(seconds=5)  # between two questions while a payer looks at the page


def follow(number: int, network: Driver, clocks: Clocks) -> None:
    """Once. The operation's id makes a second question for the same payment harmless: it is the same payment."""
    with rows.staff():
        row = CardPayment.objects.select_related("proforma").filter(pk=number).first()
    if row is None or row.network != network.name:
        return
    if row.number:
        answer = network.ask(row.operation)
    elif row.proforma.state == "open":
        answer = network.begin(row.operation, wanted(row))
    else:
        unanswered(number, "", clocks, refused=True)
        return
    if answer.payment is None:
        unanswered(number, answer.words, clocks, refused=answer.state == "refused")
    else:
        record(number, answer.payment, clocks)


def wanted(row: CardPayment) -> Begin:
    with override(row.language):
        title = gettext("Proforma invoice %(number)s") % {"number": row.proforma_id}
    here = settings.PANEL_ADDRESS
    back = reverse("cards:back", args=[row.pk])
    return Begin(row.units, row.currency, str(row.proforma_id), title, row.language, here + back, here + reverse("cards:notifications"))  # fmt: skip


def due(now: datetime) -> list[int]:
    with rows.staff():
        return list(CardPayment.objects.filter(due__lte=now).order_by("due").values_list("pk", flat=True)[:500])


def soon(number: int) -> None:
    """At once, by the worker."""
    app.configure_task(JOB).defer(payment=number)


def back(row: CardPayment, now: datetime) -> None:
    """The payer is here again and looks at the page, which looks again by itself; the network's word may be lost."""
    if row.is_open and now - row.since < rules.LATER and (row.looked is None or now - row.looked >= HURRY):
        soon(row.pk)
