"""Reads of zones, and what a node is told about them."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from django.db.models import F, Q, QuerySet

from gasthof.kernel import registry
from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, reaches
from gasthof.kernel.values import DomainName
from gasthof.slices.accounts.queries import in_customers, is_number
from gasthof.slices.dns.models import Change, FormerZone, RecordSet, Zone
from gasthof.slices.dns.rules import contents as grammar
from gasthof.slices.dns.rules import names, servers
from gasthof.slices.dns.rules import zone as rules
from gasthof.slices.dns.rules.pointing import Look, pointer
from gasthof.slices.dns.spec import RecordSpec, ZoneSpec
from gasthof.slices.domains.queries import Domain, claims_within
from gasthof.slices.nodes import queries as nodes
from gasthof.slices.subscriptions.queries import Subscription

ZONE = "dns.zone"  # the kind of object that a node is told
HISTORY_SHOWN = 100  # changes at a time


def zone_of(domain: Domain) -> Zone:
    found = Zone.objects.get(domain=domain)
    found.domain = domain
    return found


def zones_of(subscription: Subscription) -> list[Zone]:
    """By name; their domains know the subscription as it was handed in."""
    found = list(
        Zone.objects.filter(domain__subscription=subscription).select_related("domain").order_by("domain__name")
    )
    for zone in found:
        zone.domain.subscription = subscription
    return found


def health(subscription: Subscription) -> list[str]:
    """Hook: what the node could not do about the zones, in its words."""
    found = nodes.failed(subscription.node, ZONE, [zone.domain.name for zone in zones_of(subscription)])
    return [f"{DomainName(each.key).unicode}: {each.words}" for each in found]


def findings(zone: Zone) -> dict[str, Any]:
    """What the node said of it last. serial: the one that is served. ds: contents for the zone above, if it is signed."""
    domain = zone.domain
    return dict(nodes.findings(domain.subscription.node, ZONE, [domain.name]).get(domain.name, {}))


def ground(zone: Zone) -> rules.Ground:
    """All that the zone is made of now; its domain's subscription and node are loaded."""
    domain = zone.domain
    machines = nodes.below(domain.name)
    children = _children(domain, machines)
    return rules.Ground(
        zone=domain.name,
        servers=servers.name_servers(domain.subscription.node.host),
        defaults=tuple(_defaults(domain)),
        own=own_records(zone),
        children=children,
        glue=tuple(_glue(each for each in machines if each.host in children)),
    )


def own_records(zone: Zone) -> tuple[RecordSpec, ...]:
    """What the customer set, in a settled order; without contents: a default that is switched off."""
    rows = RecordSet.objects.filter(zone=zone).order_by("name", "type")
    return tuple(RecordSpec(row.name, row.type, row.ttl, tuple(row.contents)) for row in rows)


def zone_spec(zone: Zone, found: rules.Ground) -> ZoneSpec:
    """What the node is told: complete, so that it looks nothing up."""
    subscription = zone.domain.subscription
    return ZoneSpec(
        name=zone.domain.name,
        subscription=subscription.system_name,
        serial=zone.serial,
        primary=found.servers[0],
        contact=servers.contact(subscription.node.host),
        records=rules.served(found),
        dnssec=zone.dnssec,
        forget_key=zone.forget_key,
    )


def _defaults(domain: Domain) -> Iterable[RecordSpec]:
    for each in registry.capabilities():
        if each.dns_records is not None:
            yield from each.dns_records(domain)


def _children(domain: Domain, machines: Iterable[nodes.Node]) -> dict[str, tuple[str, ...]]:
    """Domains and machines below. What lies below another one of them is that one's child."""
    domains = claims_within(domain.value).filter(name=F("domain__name")).exclude(domain=domain)
    hosts = {each.name: each.domain.subscription.node.host for each in domains}
    hosts |= {each.host: each.host for each in machines}
    return {
        name: servers.name_servers(host) for name, host in hosts.items() if not set(DomainName(name).above) & set(hosts)
    }


def _glue(machines: Iterable[nodes.Node]) -> Iterable[RecordSpec]:
    """Each once, should two machines have the same name."""
    found = {each.host: servers.addresses(each.host, each.ipv4, each.ipv6) for each in machines}
    return (record for records in found.values() for record in records)


def parent_of(domain: Domain) -> Domain | None:
    """The nearest domain of this house that the domain lies below."""
    found = Domain.objects.filter(name__in=domain.value.above)
    return max(found, key=lambda each: len(each.name), default=None)


def pointers(zone: Zone, there: tuple[RecordSpec, ...]) -> Look:
    """Which CNAME or ALIAS this house answers with; the zone itself holds these records."""
    known: dict[str, tuple[RecordSpec, ...]] = {zone.domain.name: there}

    def look(name: str) -> RecordSpec | None:
        above = [".".join(name.split(".")[place:]) for place in range(name.count(".") + 1)]
        found = Zone.objects.filter(domain__name__in=above).select_related("domain__subscription__node")
        nearest = max(found, key=lambda each: len(each.domain.name), default=None)
        if nearest is None:
            return None
        of = nearest.domain.name
        if of not in known:
            known[of] = rules.served(ground(nearest))
        return pointer(known[of], of, name)

    return look


def states(zone: Zone, upto: int) -> dict[rules.Key, dict[str, Any] | None]:
    """Every record set that ever was the customer's own, as it was after that change; None: it was not."""
    last: dict[rules.Key, dict[str, Any] | None] = {}
    rows = Change.objects.filter(zone=zone).exclude(type="").order_by("pk")
    for number, name, kind, after in rows.values_list("pk", "name", "type", "after"):
        if number <= upto:
            last[name, kind] = after
        else:
            last.setdefault((name, kind), None)
    return last


def last_change(zone: Zone) -> int:
    """Its number; 0: nothing was ever changed."""
    return Change.objects.filter(zone=zone).order_by("-pk").values_list("pk", flat=True).first() or 0


def has_change(zone: Zone, number: int) -> bool:
    return Change.objects.filter(zone=zone, pk=number).exists()


def changes(zone: Zone, before: int | None) -> list[Change]:
    """The newest first, at most HISTORY_SHOWN; `before` is a number of a change to go on from."""
    rows = Change.objects.filter(zone=zone, **({"pk__lt": before} if before else {}))
    return list(rows.order_by("-pk")[:HISTORY_SHOWN])


def locked_zones(domains: Iterable[int]) -> list[Zone]:
    """Their zones, locked in the order of their numbers, with all that a spec is made of.

    That is read when all are locked: what is read while waiting for one may be older than what the last holder told.
    """
    rows = Zone.objects.filter(domain__in=list(domains)).select_for_update(no_key=True).order_by("pk")
    locked = list(rows.values_list("pk", flat=True))
    whole = Zone.objects.select_related("domain__subscription__node", "domain__subscription__plan")
    return list(whole.filter(pk__in=locked).order_by("pk"))


def find_former(actor: Actor, text: str) -> FormerZone | None:
    """By number."""
    found = FormerZone.objects.select_related("customer").filter(pk=int(text)).first() if is_number(text) else None
    return found if found and reaches(actor, found.place) else None


_FORMER = Reference("former zone", find_former, lambda row: row.place, "number of the former zone")
FormerRef = Annotated[FormerZone, _FORMER]


def records_of(former: FormerZone) -> tuple[RecordSpec, ...]:
    """What was set in it, in a settled order; without contents: a default that was switched off."""
    return msgspec.convert(former.records, tuple[RecordSpec, ...])


def last_former(domain: Domain) -> FormerZone | None:
    """The zone that its customer had of that name before, the last one."""
    return FormerZone.objects.filter(customer=domain.customer_id, name=domain.name).order_by("-pk").first()


def standing_again(former: FormerZone) -> Domain | None:
    """The domain of that name, if the same customer has it now."""
    return Domain.objects.filter(name=former.name, customer=former.customer_id).first()


def shown_former(former: FormerZone) -> dict[str, Any]:
    return {
        "former": former.pk,
        "customer": former.customer_id,
        "domain": former.unicode,
        "ascii": former.name,
        "removed": former.removed.isoformat(timespec="seconds"),
        "records": [
            {
                "name": names.shown_owner(each.name, former.name),
                "type": each.type,
                "ttl": each.ttl,
                "contents": [grammar.shown(each.type, line) for line in each.contents],
            }
            for each in records_of(former)
        ],
    }


@collection("former_zones", permission="dns.read", order=("-id",), shown=shown_former)
def former_zones(ask: Ask) -> QuerySet[FormerZone]:
    """What was set in zones of domains that were deleted, the last one first; found by a part of the domain’s name."""
    rows = FormerZone.objects.filter(conjunction(ask.scopes, lambda place: in_customers(place, "customer__")))
    wanted = Q(unicode__icontains=ask.search) | Q(name__icontains=ask.search)
    return (rows.filter(wanted) if ask.search else rows).select_related("customer")
