"""Reads of domains and claimed names."""

from collections.abc import Mapping
from typing import Annotated

from django.db.models import Min, Q, QuerySet

from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import HOUSE, Actor, Place, reaches
from gasthof.kernel.refusal import Refused
from gasthof.kernel.sheet import Sheet
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.models import Claim, Domain
from gasthof.slices.domains.rules import is_servers
from gasthof.slices.nodes.queries import hosts
from gasthof.slices.subscriptions.queries import locked_subscriptions, part_of

__all__ = [
    "Domain",
    "DomainRef",
    "claims_within",
    "described",
    "find_domain",
    "in_domains",
    "in_use",
    "lagging",
    "lock_domain",
    "obstacle",
    "seen_domain",
]


def find_domain(actor: Actor, text: str) -> Domain | None:
    """By its name in A- or U-labels. Its subscription is locked first; a domain that goes meanwhile is not found."""
    domain = seen_domain(text)
    return lock_domain(domain) if domain and reaches(actor, domain.place) else None


def seen_domain(text: str) -> Domain | None:
    """The domain of that name, whoever's it is, as it was a moment ago: whoever asks has yet to see whether the actor reaches it."""
    try:
        name = DomainName.parse(text).ascii
    except Refused:
        return None
    return Domain.objects.filter(name=name).select_related("subscription__customer", "subscription__node").first()


def lock_domain(domain: Domain) -> Domain | None:
    """The same with its subscription locked; None when it has gone meanwhile."""
    subscription = locked_subscriptions().filter(pk=domain.subscription_id).first()
    found = Domain.objects.filter(name=domain.name, subscription=subscription).first() if subscription else None
    if found and subscription:
        found.subscription = subscription
    return found


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


def described(sheet: Sheet) -> list[tuple[DomainName, Sheet]]:
    """Each domain that a file names (docs/apply.md), with what it says of it."""
    return sheet.named("domains", DomainName.parse)


def in_domains(place: Place, path: str = "") -> Q:
    """Rows whose domain (at `path`, such as "domain__") lies in that scope."""
    if place == HOUSE:
        return Q()
    if place.mailbox is not None:
        return Q(pk__in=[])
    return part_of(place, f"{path}subscription__", f"{path}customer") & (
        Q(**{f"{path}name": place.domain}) if place.domain else Q()
    )


def shown(domain: Domain) -> Mapping[str, object]:
    return {
        "domain": domain.unicode,
        "ascii": domain.name,
        "subscription": domain.subscription.system_name,
        "customer": domain.customer_id,
        "state": domain.subscription.state,
    }


@collection("domains", permission="domains.read", order=("unicode",), shown=shown)
def domains(ask: Ask) -> QuerySet[Domain]:
    """Domains, found by any part of their name in U- or A-labels."""
    rows = Domain.objects.filter(conjunction(ask.scopes, in_domains)).select_related("subscription__customer")
    text = ask.search.lower()
    return rows.filter(Q(unicode__contains=text) | Q(name__contains=text)) if text else rows


_DOMAIN = Reference("domain", find_domain, lambda row: row.place, "name of the domain")
DomainRef = Annotated[Domain, _DOMAIN]
