"""Reads of domains and claimed names."""

from typing import Annotated

from django.db.models import Min, Q, QuerySet

from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, reaches
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.models import Claim, Domain
from gasthof.slices.domains.rules import is_servers
from gasthof.slices.nodes.queries import hosts
from gasthof.slices.subscriptions.queries import find_subscription

__all__ = ["Domain", "DomainRef", "claims_within", "find_domain", "in_use", "lagging", "obstacle"]


def find_domain(actor: Actor, text: str) -> Domain | None:
    """By its name in A- or U-labels. Its subscription is locked first; a domain that goes meanwhile is not found."""
    try:
        name = DomainName.parse(text).ascii
    except Refused:
        return None
    row = Domain.objects.filter(name=name).values("subscription", "subscription__customer").first()
    if row is None or not reaches(actor, row["subscription__customer"]):
        return None
    subscription = find_subscription(actor, str(row["subscription"]))
    domain = Domain.objects.filter(name=name, subscription=subscription).first() if subscription else None
    if domain and subscription:
        domain.subscription = subscription
    return domain


def obstacle(name: DomainName, customer: int) -> int | None:
    """The customer because of whom this one cannot have the name: another with a claim on it, above it or below it, or
    this one, who has it already. None: it is free.

    An aggregate, since LIMIT 1 makes PostgreSQL hope to meet a row soon and read the table, while its statistics are young.
    """
    near = Q(name__in=[name.ascii, *name.above]) | Q(reverse__startswith=name.reverse)
    matters = ~Q(customer=customer) | Q(name=name.ascii)
    found: int | None = Claim.objects.filter(near, matters).aggregate(holder=Min("customer"))["holder"]
    return found


def in_use(name: DomainName) -> bool:
    """Whether anybody has claimed exactly this name, or it is a machine's."""
    return Claim.objects.filter(name=name.ascii).exists() or is_servers(name, hosts())


def lagging(moves: int) -> QuerySet[Domain]:
    """Domains of which other slices may still say what was true before that change of machines' names and addresses."""
    return Domain.objects.filter(followed__lt=moves).order_by("pk")


def claims_within(name: DomainName) -> QuerySet[Claim]:
    """Every host name in use that is this one or lies below it, with the node that serves it."""
    within = Claim.objects.filter(reverse__startswith=name.reverse)
    return within.select_related("domain__subscription__node").order_by("name")


_DOMAIN = Reference("domain", find_domain, lambda row: row.subscription.customer_id, "name of the domain")
DomainRef = Annotated[Domain, _DOMAIN]
