"""What can be done with domains, and the claiming of host names."""

import zlib
from typing import Annotated

from django.db import connection

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import Between
from gasthof.kernel.permissions import EVERYWHERE
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.domains.models import Claim, Domain
from gasthof.slices.domains.queries import DomainRef, claims_within, lagging, obstacle
from gasthof.slices.domains.rules import is_above_server, is_public_suffix, is_servers
from gasthof.slices.nodes.queries import hosts, moves
from gasthof.slices.subscriptions.queries import Subscription, SubscriptionRef, check_changeable, locked

CLAIMS = 7_243  # first half of the advisory locks' number: claims of names
PORTION = 50  # domains that are locked at a time, for some tenths of a second, to follow a machine that moved
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
    registry.check_comes(call, subscription.customer_id, name.ascii, "name")
    _add(call, subscription, name)
    return {"domain": name.unicode, "ascii": name.ascii, "subscription": subscription.system_name}


def _add(call: Call, subscription: Subscription, name: DomainName) -> None:
    limit = subscription.plan.domains
    if Domain.objects.filter(subscription=subscription).count() >= limit:
        raise Refused("The plan’s limit of domains is reached: %(limit)d.", limit=limit).at("name")
    check_free(call, subscription.customer_id, name)
    domain = Domain.objects.create(
        name=name.ascii, unicode=name.unicode, subscription=subscription, customer_id=subscription.customer_id,
        created=call.clocks.business.now(), followed=moves(),
    )  # fmt: skip
    claim(domain, name)
    registry.announce("domain_added", call, domain)


@action("domains.delete", permission="domains.write", on="domain")
def delete(call: Call, *, domain: DomainRef) -> Result:
    """Delete a domain and all that hangs on it."""
    check_changeable(call, domain.subscription)
    registry.check_goes(call, domain.subscription, domain.name, "domain")
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


@action("domains.follow", permission="domains.manage")
def follow(call: Call, *, most: Annotated[int, Between(1, 500), "how many domains at most"] = PORTION) -> Result:
    """Tell anew what domains say of machines whose name or addresses have changed, a portion of them."""
    latest = moves()
    chosen = list(lagging(latest).values_list("pk", "subscription")[:most])
    subscriptions = {row.pk: row for row in locked(number for _, number in chosen)}
    domains = Domain.objects.filter(pk__in=[number for number, _ in chosen], subscription__in=list(subscriptions))
    for domain in domains.order_by("pk"):
        domain.subscription = subscriptions[domain.subscription_id]
        registry.announce("domain_moved", call, domain)
    domains.update(followed=latest)
    return {"domains": len(chosen), "more": lagging(latest).exists()}


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


def check_free(call: Call, customer: int, name: DomainName) -> None:
    """Hold the name until the transaction ends, then refuse it if it is taken. Raises Refused, about the field "name"."""
    if is_public_suffix(name):
        raise Refused("Registries give out names below this one: it can belong to nobody.").at("name")
    _hold(name)
    _check_servers(call, name)
    holder = obstacle(name, customer)
    if holder == customer:
        raise Refused("This name is in use already.").at("name")
    if holder is not None:
        raise Refused("This name, or one above or below it, is in use by another customer.").at("name")


def _hold(name: DomainName) -> None:
    """The lock is on the last two labels: whoever asks for a name above or below waits for the same one."""
    stem = ".".join(name.ascii.split(".")[-2:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLAIMS, zlib.crc32(stem.encode()) % LOCKS])


def _check_servers(call: Call, name: DomainName) -> None:
    """Machines' names are nobody's, and what lies above them is for the operator to give, to the hoster's own place. Raises Refused."""
    there = hosts()
    if is_servers(name, there):
        raise Refused("This name belongs to one of this house’s servers.").at("name")
    if is_above_server(name, there) and call.actor.role not in EVERYWHERE:
        raise Refused("One of this house’s servers has its name below this one: only the operator can add it.").at(
            "name"
        )


def claimed(host: str) -> list[str]:
    """Hook: names of customers' that are this host name or lie below it; nobody adds one until the transaction ends."""
    name = DomainName(host)
    _hold(name)
    return list(claims_within(name).values_list("name", flat=True)[:1])


def claim(domain: Domain, name: DomainName) -> None:
    """Write down that the name is this domain's, after `check_free`."""
    Claim.objects.create(
        name=name.ascii, reverse=name.reverse, customer_id=domain.subscription.customer_id, domain=domain
    )


def unclaim(domain: Domain, name: DomainName) -> bool:
    """Give an additional name back; False if the domain had no such claim."""
    return Claim.objects.filter(domain=domain, name=name.ascii).exclude(name=domain.name).delete()[0] > 0
