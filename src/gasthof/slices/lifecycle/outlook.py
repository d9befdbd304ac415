"""What comes soon to the services of a subscription, for the pages that its customer begins with."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from gasthof.kernel import registry
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.capability import Door, Outlook
from gasthof.kernel.permissions import Actor, allowed
from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.knowing import facts_of, policy_of
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.queries import SEE, course, price_missing, why
from gasthof.slices.lifecycle.rules.policy import ACTIVE
from gasthof.slices.lifecycle.sweeping import today
from gasthof.slices.subscriptions.queries import Subscription

SOON = timedelta(days=30)  # the first proforma and the first notice come so long before


def outlooks(actor: Actor, subscription: Subscription) -> Iterator[Outlook]:
    """Hook. Of services that are closed or not paid, or to which something happens within a month; of what belongs to another one only
    where it is held by itself."""
    day = today(SYSTEM_CLOCKS.business.now())
    of_interest = ~Q(phase=ACTIVE) | Q(closed=True) | Q(due_at__lte=day + SOON)
    rows = Service.objects.filter(
        of_interest, Q(parent=None) | Q(held=True), subscription=subscription, ended=None
    ).order_by("pk")
    for row in rows.select_related("customer", "subscription", "policy"):
        if allowed(actor, SEE, row.place, registry.grants()):
            yield _outlook(row, day)


def _outlook(service: Service, day: date) -> Outlook:
    drawn = course(service, day)
    said = why(policy_of(service), facts_of(service, day), day) + price_missing(drawn)
    if comes := drawn.sentence:
        said.append(gettext("If nothing is done: %(comes)s.") % {"comes": comes})
    door = Door(gettext("What comes when"), reverse("lifecycle:service", args=[service.pk]), "calendar-clock")
    return Outlook(f"{explaining.TYPES[service.type]} {service.unicode}", " ".join(said), (door,))
