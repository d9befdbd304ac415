"""Verbs on mailboxes."""

import secrets
from typing import Annotated

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Between, Unchanged
from gasthof.kernel.passwords import hashed
from gasthof.kernel.permissions import EVERYWHERE
from gasthof.kernel.refusal import Refused
from gasthof.slices.domains.queries import Domain, DomainRef
from gasthof.slices.mail import queries, rules
from gasthof.slices.mail.actions.desired import ADDRESS, MAILBOX, tell_domain, tell_domains, tell_gone, tell_mailbox
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.mail.queries import MailboxRef
from gasthof.slices.mail.values import DisplayName, LocalPart, MailPassword, Targets
from gasthof.slices.subscriptions.queries import Subscription

Quota = Annotated[
    int | Unchanged, Between(1, 1_000_000), "size, MB; at most the plan’s, which is what a new mailbox has"
]
Password = Annotated[MailPassword, "8 characters or more: lower and upper case, digits, special characters"]
DISPLAY_NAME = "name shown beside the address; may be empty"


@action("mail.add_mailbox", permission="mail.write", on="domain")
def add(
    call: Call,
    *,
    domain: DomainRef,
    name: Annotated[LocalPart, "what stands before the @"],
    password: Password,
    quota_mb: Quota = UNCHANGED,
    title: Annotated[DisplayName, DISPLAY_NAME] = DisplayName(""),  # noqa: B008 - immutable
) -> Result:
    """Make a mailbox."""
    subscription = domain.subscription
    queries.check_mail_changeable(call, subscription)
    check_name(domain, name)
    check_comes(call, domain, name)
    check_limit(subscription)
    row = Mailbox.objects.create(
        domain=domain,
        local=str(name),
        title=str(title),
        folder=f"{name}.{secrets.token_hex(4)}",
        hash=_hash(str(name), password),
        quota_mb=subscription.plan.mailbox_mb if quota_mb is UNCHANGED else check_quota(subscription, quota_mb),
        created=call.clocks.business.now(),
    )
    tell_mailbox(call, row)
    tell_domain(call, domain)
    return shown(row)


@action("mail.change_mailbox", permission="mail.write", on="mailbox")
def change(
    call: Call,
    *,
    mailbox: MailboxRef,
    quota_mb: Quota = UNCHANGED,
    title: Annotated[DisplayName | Unchanged, DISPLAY_NAME] = UNCHANGED,
) -> Result:
    """Change a mailbox’s size or the name beside its address; what is not given stays."""
    subscription = mailbox.domain.subscription
    queries.check_mail_changeable(call, subscription)
    if quota_mb is not UNCHANGED:
        mailbox.quota_mb = check_quota(subscription, quota_mb)
    if title is not UNCHANGED:
        mailbox.title = str(title)
    return saved(call, mailbox, "quota_mb", "title")


@action("mail.set_password", permission="mail.write", on="mailbox")
def set_password(call: Call, *, mailbox: MailboxRef, password: Password) -> Result:
    """Give a mailbox a new password; programs that are signed in with the old one are thrown out."""
    queries.check_mail_changeable(call, mailbox.domain.subscription)
    mailbox.hash = _hash(mailbox.local, password)
    return saved(call, mailbox, "hash")


@action("mail.forward_mailbox", permission="mail.write", on="mailbox")
def forward(
    call: Call,
    *,
    mailbox: MailboxRef,
    to: Annotated[Targets, "addresses, separated by commas; empty: none"],
    keep_copy: Annotated[bool, "keep what is forwarded in the mailbox, too"] = True,
) -> Result:
    """Forward what a mailbox receives, or end that."""
    queries.check_mail_changeable(call, mailbox.domain.subscription)
    check_unlocked(call, mailbox, "mailbox")
    check_loop(mailbox.address, to)
    mailbox.forward_to, mailbox.keep_copy = list(to), keep_copy or not to
    return saved(call, mailbox, "forward_to", "keep_copy")


@action("mail.lock_mailbox", permission="mail.lock", on="mailbox")
def lock(call: Call, *, mailbox: MailboxRef) -> Result:
    """Lock a mailbox: nobody signs in to it and nothing is sent from it, until the house unlocks it. Mail still comes in."""
    mailbox.locked = True
    return saved(call, mailbox, "locked")


@action("mail.unlock_mailbox", permission="mail.lock", on="mailbox")
def unlock(call: Call, *, mailbox: MailboxRef) -> Result:
    """Unlock a mailbox."""
    mailbox.locked = False
    return saved(call, mailbox, "locked")


@action("mail.remove_mailbox", permission="mail.write", on="mailbox")
def remove(call: Call, *, mailbox: MailboxRef) -> Result:
    """Delete a mailbox with all mail in it, and its aliases."""
    queries.check_mail_changeable(call, mailbox.domain.subscription)
    check_unlocked(call, mailbox, "mailbox")
    result = shown(mailbox)
    subscription = mailbox.domain.subscription
    aliases = Address.objects.filter(mailbox=mailbox).select_related("domain")
    for alias in aliases:
        tell_gone(call, subscription, ADDRESS, alias.address)
    concerned = {mailbox.domain_id, *(alias.domain_id for alias in aliases)}
    tell_gone(call, subscription, MAILBOX, mailbox.address)
    registry.announce("mailbox_removed", call, mailbox)
    mailbox.delete()
    rows = MailDomain.objects.filter(domain__in=concerned).select_related("domain", "catch_all")
    tell_domains(call, subscription, rows)
    return result


def check_limit(subscription: Subscription) -> None:
    """Raises Refused, about the field "name", if the plan has no room for another mailbox."""
    limit = subscription.plan.mailboxes
    if queries.mailboxes_of(subscription).count() >= limit:
        raise Refused("The plan’s limit of mailboxes is reached: %(limit)d.", limit=limit).at("name")


def check_name(domain: Domain, name: str) -> None:
    """Raises Refused, about the field "name", if the domain has an address of this name."""
    if len(f"{name}@{domain.name}") > rules.LONGEST_ADDRESS:
        raise Refused("This is too long: at most %(maximum)d characters.", maximum=rules.LONGEST_ADDRESS).at("name")
    if queries.taken(domain, name):
        raise Refused("There is a mailbox, alias or forward of this name already.").at("name")


def check_comes(call: Call, domain: Domain, name: str) -> None:
    """Raises Refused, about the field "name", while the house keeps that address from its customer."""
    registry.check_comes(call, domain.subscription.customer_id, f"{name}@{domain.name}", "name")


def check_unlocked(call: Call, mailbox: Mailbox | None, field: str) -> None:
    """Raises Refused, about that field, for all but staff, while the house has locked it: neither it nor an address of it goes elsewhere."""
    if mailbox is not None and mailbox.locked and call.actor.role not in EVERYWHERE:
        raise queries.locked_refusal(mailbox).at(field)


def check_loop(address: str, targets: tuple[str, ...]) -> None:
    """Raises Refused, about the field "to", if mail would come back to the address it was sent to."""
    if queries.leads_back(address, targets):
        raise Refused("Mail to this address would come back to it, or be forwarded on and on.").at("to")


def check_quota(subscription: Subscription, quota_mb: int) -> int:
    """Raises Refused, about the field "quota_mb", if the plan's mailboxes are smaller."""
    limit = subscription.plan.mailbox_mb
    if quota_mb > limit:
        raise Refused("The plan’s limit of a mailbox’s size is %(limit)d MB.", limit=limit).at("quota_mb")
    return quota_mb


def _hash(local: str, password: MailPassword) -> str:
    try:
        rules.check_password_of(local, password.reveal())
    except Refused as refusal:
        raise refusal.at("password") from refusal
    return hashed(password.reveal())


def saved(call: Call, row: Mailbox, *fields: str) -> Result:
    """Store and tell."""
    row.save(update_fields=fields)
    tell_mailbox(call, row)
    return shown(row)


def shown(row: Mailbox) -> Result:
    """A mailbox as its verbs answer, names as people read them."""
    return {
        "mailbox": f"{row.local}@{row.domain.value.unicode}",
        "title": row.title,
        "quota_mb": row.quota_mb,
        "forward_to": list(row.forward_to),
        "keep_copy": row.keep_copy,
        "vacation": queries.shown_vacation(row),
        "locked": row.locked,
        "aliases": [f"{each.local}@{each.domain.value.unicode}" for each in row.aliases.select_related("domain")],
    }
