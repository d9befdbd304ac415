"""Services of a subscription, when that is deleted, exported or made anew. What is paid for outlives the place it stands in."""

from typing import Any

from gasthof.kernel.call import Call
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.subscriptions.queries import Subscription


def let_go(_call: Call, subscription: Subscription) -> None:
    """They stay the customer's, with their days."""
    Service.objects.filter(subscription=subscription).update(subscription=None)


def export(subscription: Subscription) -> Any:
    """[{"type", "tld", "name"}], in their order. Days and holds are no settings: they do not travel."""
    rows = Service.objects.filter(subscription=subscription).order_by("pk")
    return [{"type": row.type, "tld": row.tld, "name": row.name} for row in rows]


def restore(_call: Call, subscription: Subscription, settings: Any) -> None:
    """Services of the same customer that stand nowhere move in; none is made, since nobody has paid for it."""
    free = Service.objects.filter(customer=subscription.customer, subscription=None, ended=None)
    for wanted in settings:
        found = free.filter(type=wanted["type"], tld=wanted["tld"], name=wanted["name"]).order_by("pk").first()
        if found is not None:
            Service.objects.filter(pk=found.pk).update(subscription=subscription)
