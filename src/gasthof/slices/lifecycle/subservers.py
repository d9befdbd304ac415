"""Subservers of multihosting and managed servers (spec L15, L19): subscriptions that have their parent's days.

Why a subserver is a subscription of its own: docs/decisions/0018-subservers.md.
"""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from gasthof.kernel.refusal import Refused
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.lifecycle.included import PLACES
from gasthof.slices.lifecycle.keeping import SUBSERVER, restored_as
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.subscriptions.queries import Subscription

PARENTS = ("multihosting", "vms")


def check(
    customer: Customer, type_: str, first_unpaid: date | None, subscription: Subscription | None, parent: Service | None
) -> None:
    """That a new service has either days of its own or a parent. Raises Refused, at the field."""
    if type_ != SUBSERVER:
        if parent is not None:
            raise Refused("Only a subserver belongs to another service.").at("parent")
        if first_unpaid is None:
            raise Refused("Say until when it is paid.").at("first_unpaid")
        return
    if parent is None or parent.type not in PARENTS:
        raise Refused("A subserver belongs to a multihosting or a managed server.").at("parent")
    if parent.customer_id != customer.number:
        raise Refused("This service is another customer’s.").at("parent")
    if parent.ended is not None:
        raise Refused("This service has ended already.").at("parent")
    if first_unpaid is not None:
        raise Refused("A subserver is paid with what it belongs to, and has no day of its own.").at("first_unpaid")
    if subscription is None:
        raise Refused("Say which subscription the subserver is.").at("subscription")


def free_places(customer: Customer) -> QuerySet[Subscription]:
    """The customer's subscriptions in which no service stands that closes and deletes the whole of them."""
    taken = Service.objects.filter(subscription=OuterRef("pk"), type__in=PLACES, ended=None)
    return Subscription.objects.filter(~Exists(taken), customer=customer).order_by("number")


def returned_parent(subserver: Service) -> Service:
    """What its ended parent came back as. Raises Refused: it has not, or has ended again."""
    former = subserver.parent
    if former is not None and former.events.filter(what="restored").exists():
        found = restored_as(former.pk)
        if found.ended is None:
            return found
    raise Refused("Restore what this subserver belongs to first.").at("service")
