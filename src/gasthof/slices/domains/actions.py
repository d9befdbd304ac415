"""What can be done with domains, and the claiming of host names."""

import zlib
from typing import Annotated

from django.db import connection

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.models import Claim, Domain
from gasthof.slices.domains.queries import DomainRef, obstacle
from gasthof.slices.domains.rules import is_public_suffix
from gasthof.slices.subscriptions.queries import Subscription, SubscriptionRef, check_changeable

CLAIMS = 7_243  # first half of the advisory locks' number: claims of names
LOCKS = 4_096  # second half: few enough that a transaction with many names does not fill the lock table


@action("domains.add", permission="domains.write", on="subscription")
def add(
    call: Call,
    *,
    subscription: SubscriptionRef,
    name: Annotated[DomainName, "the domain, with umlauts or as xn--…"],
) -> Result:
    """Add a domain; a website for it is made at once."""
    check_changeable(call, subscription)
    _add(call, subscription, name)
    return {"domain": name.unicode, "ascii": name.ascii, "subscription": subscription.system_name}


def _add(call: Call, subscription: Subscription, name: DomainName) -> None:
    limit = subscription.plan.domains
    if Domain.objects.filter(subscription=subscription).count() >= limit:
        raise Refused("The plan’s limit of domains is reached: %(limit)d.", limit=limit).at("name")
    check_free(subscription.customer_id, name)
    domain = Domain.objects.create(
        name=name.ascii, unicode=name.unicode, subscription=subscription, customer_id=subscription.customer_id,
        created=call.clocks.business.now(),
    )  # fmt: skip
    claim(domain, name)
    registry.announce("domain_added", call, domain)


@action("domains.delete", permission="domains.write", on="domain")
def delete(call: Call, *, domain: DomainRef) -> Result:
    """Delete a domain and all that hangs on it."""
    check_changeable(call, domain.subscription)
    remove(call, domain)
    return {"domain": domain.value.unicode, "ascii": domain.name}


def remove(call: Call, domain: Domain) -> None:
    """Take the domain away, told to the slices that hang on it first."""
    registry.announce("domain_removed", call, domain)
    Domain.objects.filter(pk=domain.pk).delete()


def remove_all(call: Call, subscription: Subscription) -> None:
    """Hook: a subscription goes, and with it its domains."""
    for domain in Domain.objects.filter(subscription=subscription).order_by("pk"):
        domain.subscription = subscription
        remove(call, domain)


def export(subscription: Subscription) -> list[str]:
    """Hook: the names, in the order in which they came."""
    return list(Domain.objects.filter(subscription=subscription).order_by("pk").values_list("name", flat=True))


def restore(call: Call, subscription: Subscription, settings: list[str]) -> None:
    """Hook: the domains of an export, with all that comes with new domains. Raises Refused, about the part with that name."""
    for name in map(DomainName, settings):
        try:
            _add(call, subscription, name)
        except Refused as refusal:
            refusal.part = name.unicode
            raise


def check_free(customer: int, name: DomainName) -> None:
    """Hold the name until the transaction ends, then refuse it if it is taken. Raises Refused, about the field "name".

    The lock is on the last two labels: whoever asks for a name above or below waits for the same one.
    """
    if is_public_suffix(name):
        raise Refused("Registries give out names below this one: it can belong to nobody.").at("name")
    stem = ".".join(name.ascii.split(".")[-2:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLAIMS, zlib.crc32(stem.encode()) % LOCKS])
    holder = obstacle(name, customer)
    if holder == customer:
        raise Refused("This name is in use already.").at("name")
    if holder is not None:
        raise Refused("This name, or one above or below it, is in use by another customer.").at("name")


def claim(domain: Domain, name: DomainName) -> None:
    """Write down that the name is this domain's, after `check_free`."""
    Claim.objects.create(
        name=name.ascii, reverse=name.reverse, customer_id=domain.subscription.customer_id, domain=domain
    )


def unclaim(domain: Domain, name: DomainName) -> bool:
    """Give an additional name back; False if the domain had no such claim."""
    return Claim.objects.filter(domain=domain, name=name.ascii).exclude(name=domain.name).delete()[0] > 0
