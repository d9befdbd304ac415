"""A subscription's mail settings as JSON, and back. The mail itself is the node's to move."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from gasthof.kernel import registry
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Day
from gasthof.slices.dns.actions import refresh_zone
from gasthof.slices.domains.queries import Domain
from gasthof.slices.mail import queries, rules
from gasthof.slices.mail.actions.addresses import check_limit as check_addresses
from gasthof.slices.mail.actions.desired import tell_address, tell_domain, tell_mailbox
from gasthof.slices.mail.actions.mailboxes import check_limit as check_mailboxes
from gasthof.slices.mail.actions.mailboxes import check_name, check_quota
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.mail.values import DisplayName, LocalPart, Message, Subject, Targets
from gasthof.slices.subscriptions.queries import Subscription

HASH = re.compile(r"\$argon2id\$v=19\$m=[0-9]{1,7},t=[0-9]{1,2},p=1\$[A-Za-z0-9+/]{16,100}\$[A-Za-z0-9+/]{22,100}")
TOKEN = re.compile(r"[0-9a-f]{8}")


class MovedVacation(Struct, forbid_unknown_fields=True):
    active: bool
    subject: str
    text: str
    first: str | None  # "2026-12-24"
    last: str | None


class MovedMailbox(Struct, forbid_unknown_fields=True):
    local: str
    title: str
    folder: str
    hash: str
    quota_mb: int
    forward_to: list[str]
    keep_copy: bool
    vacation: MovedVacation | None = None  # settings that were exported before there was one have none
    locked: bool = False


class MovedAddress(Struct, forbid_unknown_fields=True):
    local: str
    mailbox: str | None  # its address, for an alias
    targets: list[str]


class MovedDomain(Struct, forbid_unknown_fields=True):
    active: bool
    catch_all: str | None
    mailboxes: list[MovedMailbox]
    addresses: list[MovedAddress]


def export(subscription: Subscription) -> Mapping[str, Any]:
    """Domain's A-label -> its mail's settings, password hashes included."""
    rows = MailDomain.objects.filter(domain__subscription=subscription).select_related("domain", "catch_all")
    found = {
        row.domain.name: MovedDomain(row.active, row.catch_all.local if row.catch_all else None, [], [])
        for row in rows.order_by("domain__name")
    }
    for box in queries.mailboxes_of(subscription).order_by("pk"):
        moved = MovedMailbox(
            box.local, box.title, box.folder, box.hash, box.quota_mb, list(box.forward_to), box.keep_copy,
            msgspec.convert(queries.shown_vacation(box), MovedVacation) if box.vacation_text else None,
            box.locked,
        )  # fmt: skip
        found[box.domain.name].mailboxes.append(moved)
    for address in queries.addresses_of(subscription).select_related("mailbox__domain").order_by("pk"):
        mailbox = address.mailbox.address if address.mailbox else None
        found[address.domain.name].addresses.append(MovedAddress(address.local, mailbox, list(address.targets)))
    built: Mapping[str, Any] = msgspec.to_builtins(found)
    return built


def restore(call: Call, subscription: Subscription, settings: Any) -> None:
    """Make it all anew in the subscription's domains, which are there and have no addresses yet. Raises Refused."""
    try:
        moved = msgspec.convert(settings, type=dict[str, MovedDomain])
    except msgspec.ValidationError as error:
        raise Refused("These settings of mail cannot be read: %(words)s", words=error) from error
    domains = {row.domain.name: row for row in _rows(subscription)}
    boxes: list[Mailbox] = []
    for name, each in moved.items():
        if name not in domains:
            raise Refused("The subscription has no domain “%(name)s”.", name=name)
        boxes += [_mailbox(call, domains[name].domain, box) for box in each.mailboxes]
    for name, each in moved.items():
        for address in each.addresses:
            tell_address(call, _address(domains[name].domain, address))
        _settle(call, domains[name], each)
    for row in boxes:  # only now: an out-of-office note names aliases
        tell_mailbox(call, row)


def _rows(subscription: Subscription) -> list[MailDomain]:
    rows = list(MailDomain.objects.filter(domain__subscription=subscription).select_related("domain"))
    for row in rows:
        row.domain.subscription = subscription
    return rows


def _mailbox(call: Call, domain: Domain, moved: MovedMailbox) -> Mailbox:
    local = LocalPart.parse(moved.local)
    check_name(domain, local)
    check_mailboxes(domain.subscription)
    check_quota(domain.subscription, moved.quota_mb)
    name, _, token = moved.folder.rpartition(".")
    if not HASH.fullmatch(moved.hash) or name != local or not TOKEN.fullmatch(token) or not 0 < moved.quota_mb < 10**6:
        raise Refused("These settings of mail cannot be read: %(words)s", words=f"{local}@{domain.name}")
    return Mailbox.objects.create(
        domain=domain,
        local=str(local),
        title=str(DisplayName.parse(moved.title)),
        folder=moved.folder,
        hash=moved.hash,
        quota_mb=moved.quota_mb,
        forward_to=list(Targets.parse(moved.forward_to)),
        keep_copy=moved.keep_copy or not moved.forward_to,
        locked=moved.locked or _withheld(domain, local),
        created=call.clocks.business.now(),
        **(_note(moved.vacation) if moved.vacation else {}),
    )


def _withheld(domain: Domain, local: str) -> bool:
    """A lock follows its address: what was saved before it was put unlocks nothing."""
    return any(registry.withheld(domain.subscription.customer_id, f"{local}@{domain.name}"))


def _note(moved: MovedVacation) -> dict[str, Any]:
    """One that is over stays as it is."""
    text = Message.parse(moved.text)
    if not text:
        raise Refused("This must not be empty.")
    return {
        "vacation_on": moved.active,
        "vacation_subject": str(Subject.parse(moved.subject)),
        "vacation_text": str(text),
        "vacation_first": Day.parse(moved.first) if moved.first else None,
        "vacation_last": Day.parse(moved.last) if moved.last else None,
    }


def _address(domain: Domain, moved: MovedAddress) -> Address:
    local = LocalPart.parse(moved.local)
    check_name(domain, local)
    check_addresses(domain.subscription)
    if moved.mailbox is None:
        targets = rules.check_targets(moved.targets)
        if not targets:
            raise Refused("A forward needs an address that it leads to.")
        return Address.objects.create(domain=domain, local=str(local), targets=list(targets))
    mailbox = queries.mailbox_in(domain.subscription, moved.mailbox)
    if mailbox is None:
        raise Refused("The subscription has no such mailbox.")
    return Address.objects.create(domain=domain, local=str(local), mailbox=mailbox)


def _settle(call: Call, row: MailDomain, moved: MovedDomain) -> None:
    row.active = moved.active
    row.catch_all = Mailbox.objects.filter(domain=row.domain, local=moved.catch_all).first()
    row.save(update_fields=["active", "catch_all"])
    refresh_zone(call, row.domain)
    tell_domain(call, row.domain)
