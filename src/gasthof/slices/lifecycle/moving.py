"""Services of a subscription, when that is deleted, exported or made anew, and of a zone as its domain comes and goes. What is paid for
outlives the place it stands in.

While a hold is on a service, its customer takes neither it nor a name of it to another place.
"""

from typing import Any

from django.db.models import Q, QuerySet

from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.queries import Domain
from gasthof.slices.lifecycle import changing, included
from gasthof.slices.lifecycle.carrying import withheld_of
from gasthof.slices.lifecycle.explaining import HOLDS
from gasthof.slices.lifecycle.included import INCLUDED, PLACES, ZONE
from gasthof.slices.lifecycle.models import Hold, Service, Termination
from gasthof.slices.subscriptions.actions.places import become
from gasthof.slices.subscriptions.queries import Subscription


def let_go(_call: Call, subscription: Subscription) -> None:
    """They stay the customer's, with their days."""
    Service.objects.filter(subscription=subscription).update(subscription=None)


def zone_comes(call: Call, domain: Domain) -> None:
    """Hook. What a hold kept of a former zone of that name is the new one's."""
    now, standing = call.clocks.business.now(), _zones(domain)
    for wish in Termination.objects.filter(service__in=standing, revoked=None).select_related("service"):
        changing.revoke(wish, now)
    included.adopt(included.of_name(domain.customer_id, domain.name), now)


def zone_goes(call: Call, domain: Domain) -> None:
    """Hook."""
    found = list(_zones(domain).values_list("pk", flat=True))
    if found:
        included.end(found, str(call.actor), call.clocks.business.now())


def _zones(domain: Domain) -> QuerySet[Service]:
    return Service.objects.filter(customer=domain.customer_id, type=ZONE, name=domain.name, ended=None)


def export(subscription: Subscription) -> Any:
    """[{"type", "tld", "name"}], in their order. Days and holds are no settings: they do not travel; what is included comes by itself."""
    rows = Service.objects.filter(subscription=subscription).exclude(type__in=INCLUDED).order_by("pk")
    return [{"type": row.type, "tld": row.tld, "name": row.name} for row in rows]


def restore(call: Call, subscription: Subscription, settings: Any) -> None:
    """Services of the same customer that stand nowhere move in; none is made, since nobody has paid for it. What they may not do now, the
    place that they come to does not do either."""
    free = Service.objects.filter(customer=subscription.customer, subscription=None, ended=None)
    for wanted in settings:
        found = free.filter(type=wanted["type"], tld=wanted["tld"], name=wanted["name"]).order_by("pk").first()
        if found is not None:
            Service.objects.filter(pk=found.pk).update(subscription=subscription)
    included.adopt(included.of_place(subscription.number), call.clocks.business.now())
    if subscription.services.filter(type__in=PLACES, ended=None).exists():
        become(call, subscription, withheld=withheld_of(subscription))


def keeps(subscription: Subscription, name: str | None) -> Refused | None:
    """Hook: a hold on the service that stands there, on what that belongs to, or on the domain name itself; a zone that is held keeps its
    own name and the whole place."""
    there = Service.objects.filter(subscription=subscription)
    others = there.exclude(type=ZONE)
    meant = Q(service__in=there if name is None else others) | Q(service__in=others.values("parent"))
    if name is not None:
        meant |= _named(subscription.customer_id, name)
    return _first_hold(meant)


def withholds(customer: int, name: str) -> Refused | None:
    """Hook: a hold on a service of that name, wherever it stood."""
    return None if "@" in name else _first_hold(_named(customer, name))


def _named(customer: int, name: str) -> Q:
    """By either spelling: what staff type is kept as it was typed."""
    spellings = {name, DomainName(name).unicode}
    return Q(service__customer=customer) & (Q(service__name__in=spellings) | Q(service__unicode__in=spellings))


def _first_hold(meant: Q) -> Refused | None:
    rows = Hold.objects.filter(meant, lifted=None, service__ended=None).select_related("service")
    found = rows.order_by("pk").first()
    if found is None:
        return None
    return Refused(
        "%(service)s is held (%(why)s, %(case)s): until that is lifted, it stays where it is.",
        service=found.service.unicode, why=HOLDS[found.kind], case=found.case or "–",
    )  # fmt: skip
