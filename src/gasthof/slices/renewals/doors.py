"""The way to the proforma invoice by which a service is renewed: from its page, and from those of its subscription."""

from collections.abc import Iterator

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext

from gasthof.kernel import registry
from gasthof.kernel.amounts import amount
from gasthof.kernel.capability import Door, Outlook
from gasthof.kernel.permissions import Actor, allowed
from gasthof.slices.billing.queries import READ, Proforma
from gasthof.slices.lifecycle.queries import Service
from gasthof.slices.renewals.models import Asked
from gasthof.slices.renewals.queries import MANAGE, can_be_priced, terms_of
from gasthof.slices.subscriptions.queries import Subscription


def service_doors(actor: Actor, service: Service) -> list[Door]:
    """Hook. Nothing while nothing is asked for, or for who may not see invoices; to who sets prices, the one of this service."""
    pay = [
        Door(gettext("Pay proforma invoice %(number)s") % {"number": each.number}, _url(each), "receipt", primary=True)
        for each in _open(actor, Asked.objects.filter(service=service))
    ]
    manages = allowed(actor, MANAGE, None, registry.grants())
    if service.ended is not None or not manages or not can_be_priced(service):
        return pay
    url = reverse("renewals:agree", args=[service.pk])
    missing = terms_of(service) is None and service.parent_id is None
    return [*pay, Door(gettext("Agree on a price"), url, "receipt", primary=missing)]


def outlooks(actor: Actor, subscription: Subscription) -> Iterator[Outlook]:
    """Hook. What of its services is asked for and not paid."""
    for proforma in _open(actor, Asked.objects.filter(service__subscription=subscription)):
        words = gettext("%(amount)s are to be paid by %(day)s. As soon as the payment is known, the service goes on, within seconds.") % {
            "amount": amount(proforma.total - proforma.received, proforma.currency), "day": date_format(proforma.valid_until, "DATE_FORMAT"),
        }  # fmt: skip
        door = Door(gettext("Look at it and pay"), _url(proforma), "receipt")
        yield Outlook(gettext("Proforma %(number)s") % {"number": proforma.number}, words, (door,))


def _open(actor: Actor, asked: QuerySet[Asked]) -> Iterator[Proforma]:
    goes_on = Q(service__ends_on=None) | Q(service__ends_on__gt=F("first_unpaid"))
    rows = asked.filter(goes_on, standing=True, service__ended=None, proforma__state=Proforma.OPEN).order_by("pk")
    for each in rows.select_related("proforma__customer"):
        if allowed(actor, READ, each.proforma.place, registry.grants()):
            yield each.proforma


def _url(proforma: Proforma) -> str:
    return reverse("billing:proforma", args=[proforma.number])
