"""Reads of mail, and what a node is told about it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, TypeVar

from django.db.models import Q, QuerySet
from django.utils.timezone import get_default_timezone, localdate, make_aware
from django.utils.translation import gettext

from gasthof.kernel import registry
from gasthof.kernel.call import Call
from gasthof.kernel.capability import Glance
from gasthof.kernel.collection import Ask, collection, conjunction
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import EVERYWHERE, Actor, Place, allowed, reaches
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.prefix import Prefix
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.domains.queries import Domain, in_domains, lock_domain, seen_domain
from gasthof.slices.mail import rules
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec, Reserved, Vacation
from gasthof.slices.nodes.queries import Node, failed, findings
from gasthof.slices.subscriptions.queries import Subscription, check_changeable
from gasthof.slices.subscriptions.rules import MAIL_DELIVERED, MAIL_EDIT, MAIL_SIGN_IN

__all__ = ["Mailbox", "MailboxRef"]

Row = TypeVar("Row", Mailbox, Address)
DOMAIN, MAILBOX, ADDRESS = "mail.domain", "mail.mailbox", "mail.address"
TTL = 3_600  # seconds
MEBIBYTE = 1024 * 1024
NEARLY_FULL = 0.95
MOST_STEPS = 50  # from forward to forward, before a chain is too long to be meant


def check_mail_changeable(call: Call, subscription: Subscription) -> None:
    """While a subscription is suspended, or its mail alone is held, its customer changes nothing of the mail. Raises Refused."""
    check_changeable(call, subscription)
    if not subscription.can(MAIL_EDIT) and call.actor.role not in EVERYWHERE:
        raise Refused(
            "The mail of this subscription is locked: until it is opened again, nothing of it can be changed."
        )


def mailboxes_of(subscription: Subscription) -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(domain__subscription=subscription).select_related("domain")


def addresses_of(subscription: Subscription) -> QuerySet[Address]:
    """Aliases and forwards."""
    return Address.objects.filter(domain__subscription=subscription).select_related("domain")


def mailbox_in(subscription: Subscription, address: str) -> Mailbox | None:
    """By its address with A-labels."""
    local, _, name = address.rpartition("@")
    return mailboxes_of(subscription).filter(local=local, domain__name=name).first()


def taken(domain: Domain, local: str) -> bool:
    """Whether a mailbox, an alias or a forward has this name in the domain."""
    named = {"domain": domain, "local": local}
    return Mailbox.objects.filter(**named).exists() or Address.objects.filter(**named).exists()


def domain_specs(subscription: Subscription, rows: Iterable[MailDomain]) -> list[DomainSpec]:
    """What the node is told: complete, so that it looks nothing up."""
    found = {row.domain_id: row for row in rows}
    boxes = Mailbox.objects.filter(domain__in=found).values_list("domain_id", "local")
    first = dict(boxes.order_by("domain_id", "pk").distinct("domain_id"))
    named = {"domain__in": found, "local__in": rules.RESERVED}
    there = {*Mailbox.objects.filter(**named).values_list("domain_id", "local")}
    there |= {*Address.objects.filter(**named).values_list("domain_id", "local")}
    return [
        _domain_spec(
            subscription, row, first.get(number), [one for one in rules.RESERVED if (number, one) not in there]
        )
        for number, row in found.items()
    ]


def _domain_spec(subscription: Subscription, row: MailDomain, first: str | None, free: list[str]) -> DomainSpec:
    """`first`: the oldest mailbox, which gets what nobody else of the customer's takes care of."""
    name = row.domain.name
    target = f"{first}@{name}" if first else None
    return DomainSpec(
        name=name,
        subscription=subscription.system_name,
        uid=subscription.uid,
        active=row.active,
        suspended=not subscription.can(MAIL_DELIVERED),
        sign_in=None
        if subscription.can(MAIL_SIGN_IN) == subscription.can(MAIL_DELIVERED)
        else subscription.can(MAIL_SIGN_IN),
        catch_all=f"{row.catch_all.local}@{name}" if row.catch_all else None,
        reserved=tuple(Reserved(local, target) for local in free),
    )


def mailbox_spec(row: Mailbox, subscription: Subscription) -> MailboxSpec:
    return MailboxSpec(
        address=row.address,
        subscription=subscription.system_name,
        uid=subscription.uid,
        folder=f"{row.domain.name}/{row.folder}",
        password=f"{{ARGON2ID}}{row.hash}",
        quota_mb=row.quota_mb,
        forward_to=tuple(row.forward_to),
        keep_copy=row.keep_copy,
        vacation=_vacation(row) if row.vacation_on else None,
        locked=row.locked,
    )


def _vacation(row: Mailbox) -> Vacation:
    """With all addresses that the mailbox is written to by: Dovecot sees its own only."""
    aliases = Address.objects.filter(mailbox=row).select_related("domain").order_by("pk")
    return Vacation(
        text=row.vacation_text,
        addresses=(row.address, *(each.address for each in aliases)),
        subject=row.vacation_subject,
        since=_beginning(row.vacation_first) if row.vacation_first else "",
        until=_beginning(row.vacation_last + timedelta(days=1)) if row.vacation_last else "",
    )


def _beginning(day: date) -> str:
    """Of a day where the house is, in UTC."""
    local = make_aware(datetime.combine(day, time()), get_default_timezone())
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def today(now: datetime) -> date:
    """Where the house is."""
    return localdate(now, get_default_timezone())


def shown_vacation(row: Mailbox) -> dict[str, object]:
    """The out-of-office note as verbs and lists answer."""
    first, last = (each.isoformat() if each else None for each in (row.vacation_first, row.vacation_last))
    return {
        "active": row.vacation_on,
        "subject": row.vacation_subject,
        "text": row.vacation_text,
        "first": first,
        "last": last,
    }


def address_spec(row: Address, subscription: Subscription) -> AddressSpec:
    targets = (row.mailbox.address,) if row.mailbox else tuple(row.targets)
    senders = targets if row.mailbox else ()
    return AddressSpec(row.address, subscription.system_name, targets, senders)


def records(domain: Domain) -> list[RecordSpec]:
    """What mail wants in the domain's zone: MX, SPF (RFC 7208), and the addresses of its servers' names."""
    host = rules.server_name(domain.name)
    if host is None or not MailDomain.objects.filter(domain=domain, active=True).exists():
        return []
    node = domain.subscription.node
    addresses = [(kind, address) for kind, address in (("A", node.ipv4), ("AAAA", node.ipv6)) if address]
    names = [name for label in ("mail", "webmail") if (name := rules.server_name(domain.name, label))]
    return [
        RecordSpec(domain.name, "MX", TTL, (f"10 {host}.",)),
        RecordSpec(domain.name, "TXT", TTL, (f'"{rules.SPF}"',)),
        *(RecordSpec(name, kind, TTL, (address,)) for name in names for kind, address in addresses),
    ]


def sizes(subscription: Subscription) -> dict[str, int]:
    """Mailbox' address -> bytes in it, as the node last measured them."""
    return _measured(subscription.node, [row.address for row in mailboxes_of(subscription)])


def bytes_of(subscription: Subscription, addresses: Sequence[str]) -> dict[str, int]:
    """The same of some mailboxes, 0 where the node has not measured yet."""
    return _measured(subscription.node, addresses)


def _measured(node: Node, addresses: Sequence[str]) -> dict[str, int]:
    found = {key: one.get("bytes", 0) for key, one in findings(node, MAILBOX, addresses).items()}
    return {key: size if isinstance(size := found.get(key, 0), int) else 0 for key in addresses}


def glances(actor: Actor, domains: Sequence[Domain]) -> dict[int, Glance]:
    """How many mailboxes each domain has, and what is in them of what they may hold: two queries, and one for each node."""
    nodes = {domain.pk: domain.subscription.node_id for domain in domains if _may_read(actor, domain.place)}
    boxes: dict[int, list[Mailbox]] = {number: [] for number in nodes}
    for row in Mailbox.objects.filter(domain__in=nodes).select_related("domain"):
        boxes[row.domain_id].append(row)
    used: dict[str, int] = {}
    for node in Node.objects.filter(pk__in=set(nodes.values())):
        keys = [row.address for number, rows in boxes.items() if nodes[number] == node.pk for row in rows]
        used |= _measured(node, keys)
    return {
        number: Glance(
            "Mailboxes",
            "mail",
            len(rows),
            sum(used[row.address] for row in rows),
            sum(row.quota_mb for row in rows) * MEBIBYTE,
        )
        for number, rows in boxes.items()
    }


def _may_read(actor: Actor, place: Place) -> bool:
    return allowed(actor, "mail.read", place, registry.grants())


def programs(domain: Domain) -> tuple[str, dict[str, int]]:
    """Where mail programs reach the domain's mailboxes: the server’s name for it in A-labels, which every program takes, and the ports."""
    host = rules.server_name(domain.name) or domain.subscription.node.host
    return host, Prefix.current().ports


def usage(subscription: Subscription) -> dict[str, int]:
    return {"mail": sum(sizes(subscription).values())}


def health(subscription: Subscription) -> list[str]:
    """A line for each part that the node could not bring about, and for each mailbox that is nearly full."""
    keys = {
        DOMAIN: MailDomain.objects.filter(domain__subscription=subscription).values_list("domain__name", flat=True),
        MAILBOX: [row.address for row in mailboxes_of(subscription)],
        ADDRESS: [row.address for row in addresses_of(subscription)],
    }
    words = [
        f"{readable(each.key)}: {each.words}"
        for kind in keys
        for each in failed(subscription.node, kind, list(keys[kind]))
    ]
    limits = {row.address: row.quota_mb * MEBIBYTE for row in mailboxes_of(subscription)}
    full = [key for key, size in sizes(subscription).items() if size > limits[key] * NEARLY_FULL]
    return words + [gettext("%(mailbox)s is nearly full.") % {"mailbox": readable(key)} for key in full]


def readable(key: str) -> str:
    """A domain, or an address, as people write it."""
    local, at, name = key.rpartition("@")
    return f"{local}{at}{DomainName(name).unicode}"


def locked_refusal(mailbox: Mailbox) -> Refused:
    return Refused(
        "The house has locked the mailbox %(mailbox)s: until it is unlocked, neither it nor an address of it goes elsewhere.",
        mailbox=readable(mailbox.address),
    )


def keeps(subscription: Subscription, name: str | None) -> Refused | None:
    """Hook: a locked mailbox keeps its domain, and those in which it has aliases."""
    rows = mailboxes_of(subscription).filter(locked=True)
    if name is not None:
        rows = rows.filter(Q(domain__name=name) | Q(aliases__domain__name=name))
    found = rows.order_by("pk").first()
    return locked_refusal(found) if found else None


def leads_back(address: str, targets: Iterable[str]) -> bool:
    """Whether mail to the address would come back to it from one of these, by what is forwarded in this house.

    A chain that is longer than MOST_STEPS counts as one that does.
    """
    seen: set[str] = set()
    ahead = {rules.stripped(target) for target in targets}
    for _ in range(MOST_STEPS):
        if address in ahead:
            return True
        seen |= ahead
        ahead = _next(ahead) - seen
        if not ahead:
            return False
    return True


def _next(addresses: Iterable[str]) -> set[str]:
    """Where mail for these goes on to."""
    here = Q(pk__in=[])
    for address in addresses:
        local, _, domain = address.rpartition("@")
        here |= Q(local=local, domain__name=domain)
    found = {target for row in Mailbox.objects.filter(here) for target in row.forward_to}
    for row in Address.objects.filter(here).select_related("mailbox__domain"):
        found |= {row.mailbox.address} if row.mailbox else set(row.targets)
    return {rules.stripped(target) for target in found}


def _in_domain(actor: Actor, text: str) -> tuple[Domain | None, str]:
    """Also for whoever may act on that one mailbox only."""
    local, _, name = text.strip().rpartition("@")
    domain = seen_domain(name)
    known = domain is not None and reaches(actor, place_of(domain, local.lower()))
    return lock_domain(domain) if domain and known else None, local.lower()


def place_of(domain: Domain, local: str) -> Place:
    return replace(domain.place, mailbox=f"{local}@{domain.name}")


def find_mailbox(actor: Actor, text: str) -> Mailbox | None:
    """By its address, the domain in A- or U-labels. Its subscription is locked first."""
    domain, local = _in_domain(actor, text)
    row = Mailbox.objects.filter(domain=domain, local=local).first() if domain else None
    return _with(row, domain)


def find_alias(actor: Actor, text: str) -> Address | None:
    domain, local = _in_domain(actor, text)
    rows = (
        Address.objects.filter(domain=domain, local=local, mailbox__isnull=False) if domain else Address.objects.none()
    )
    return _with(rows.select_related("mailbox__domain").first(), domain)


def find_forward(actor: Actor, text: str) -> Address | None:
    domain, local = _in_domain(actor, text)
    row = Address.objects.filter(domain=domain, local=local, mailbox=None).first() if domain else None
    return _with(row, domain)


def _with(row: Row | None, domain: Domain | None) -> Row | None:
    if row and domain:
        row.domain = domain
    return row


def _place(row: Mailbox | Address) -> Place:
    return place_of(row.domain, row.local)


def in_mail(place: Place) -> Q:
    """Mailboxes and addresses that lie in that scope."""
    if place.mailbox is None:
        return in_domains(place, "domain__")
    local, _, name = place.mailbox.rpartition("@")
    return in_domains(replace(place, mailbox=None, domain=name), "domain__") & Q(local=local)


def _named(rows: QuerySet[Row], search: str) -> QuerySet[Row]:
    """By any part of the address, with the domain in A- or U-labels."""
    local, at, name = search.lower().rpartition("@")
    if at:
        return rows.filter(
            Q(domain__unicode__startswith=name) | Q(domain__name__startswith=name), local__endswith=local
        )
    return rows.filter(Q(local__contains=name) | Q(domain__unicode__contains=name) | Q(domain__name__contains=name))


def shown_mailbox(mailbox: Mailbox) -> dict[str, object]:
    return {
        "mailbox": f"{mailbox.local}@{mailbox.domain.unicode}",
        "ascii": mailbox.address,
        "domain": mailbox.domain.name,
        "title": mailbox.title,
        "quota_mb": mailbox.quota_mb,
        "forward_to": mailbox.forward_to,
        "keep_copy": mailbox.keep_copy,
        "vacation": shown_vacation(mailbox),
        "locked": mailbox.locked,
    }


@collection("mailboxes", permission="mail.read", order=("domain__unicode", "local"), shown=shown_mailbox)
def mailboxes(ask: Ask) -> QuerySet[Mailbox]:
    """Mailboxes, found by any part of their address."""
    rows = Mailbox.objects.filter(conjunction(ask.scopes, in_mail)).select_related("domain__subscription__node")
    return _named(rows, ask.search) if ask.search else rows


def shown_address(address: Address) -> dict[str, object]:
    return {
        "address": f"{address.local}@{address.domain.unicode}",
        "ascii": address.address,
        "domain": address.domain.name,
        "mailbox": address.mailbox.address if address.mailbox else None,
        "to": address.targets,
    }


@collection("addresses", permission="mail.read", order=("domain__unicode", "local"), shown=shown_address)
def addresses(ask: Ask) -> QuerySet[Address]:
    """Aliases of mailboxes, and forwards."""
    rows = Address.objects.filter(conjunction(ask.scopes, in_mail)).select_related("domain", "mailbox__domain")
    return _named(rows, ask.search) if ask.search else rows


MailboxRef = Annotated[Mailbox, Reference("mailbox", find_mailbox, _place, "address of the mailbox")]
AliasRef = Annotated[Address, Reference("alias", find_alias, _place, "address of the alias")]
ForwardRef = Annotated[Address, Reference("forward", find_forward, _place, "address of the forward")]
