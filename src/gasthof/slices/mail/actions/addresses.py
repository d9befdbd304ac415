"""Verbs on aliases and forwards."""

from typing import Annotated

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.domains.queries import DomainRef
from gasthof.slices.mail import queries
from gasthof.slices.mail.actions.desired import ADDRESS, tell_address, tell_domain, tell_gone, tell_note
from gasthof.slices.mail.actions.mailboxes import check_comes, check_loop, check_name, check_unlocked
from gasthof.slices.mail.models import Address
from gasthof.slices.mail.queries import AliasRef, ForwardRef
from gasthof.slices.mail.values import LocalPart, MailAddress, Targets
from gasthof.slices.subscriptions.queries import Subscription

Name = Annotated[LocalPart, "what stands before the @"]
To = Annotated[Targets, "addresses, separated by commas"]


@action("mail.add_alias", permission="mail.write", on="domain")
def add_alias(
    call: Call, *, domain: DomainRef, name: Name, mailbox: Annotated[MailAddress, "address of the mailbox"]
) -> Result:
    """Give a mailbox a further address, which it may also send from; in this or another domain of the subscription."""
    queries.check_mail_changeable(call, domain.subscription)
    row = queries.mailbox_in(domain.subscription, mailbox)
    if row is None:
        raise Refused("The subscription has no such mailbox.").at("mailbox")
    check_name(domain, name)
    check_comes(call, domain, name)
    check_limit(domain.subscription)
    if queries.leads_back(f"{name}@{domain.name}", [mailbox]):
        raise Refused("Mail to this address would come back to it, or be forwarded on and on.").at("mailbox")
    return _added(call, Address(domain=domain, local=str(name), mailbox=row))


@action("mail.remove_alias", permission="mail.write", on="alias")
def remove_alias(call: Call, *, alias: AliasRef) -> Result:
    """Take a further address away from a mailbox."""
    check_unlocked(call, alias.mailbox, "alias")
    return _removed(call, alias)


@action("mail.add_forward", permission="mail.write", on="domain")
def add_forward(call: Call, *, domain: DomainRef, name: Name, to: To) -> Result:
    """Make an address that has no mailbox: what it receives goes on to others."""
    queries.check_mail_changeable(call, domain.subscription)
    check_name(domain, name)
    check_comes(call, domain, name)
    check_limit(domain.subscription)
    _check_targets(f"{name}@{domain.name}", to)
    return _added(call, Address(domain=domain, local=str(name), targets=list(to)))


@action("mail.change_forward", permission="mail.write", on="forward")
def change_forward(call: Call, *, forward: ForwardRef, to: To) -> Result:
    """Change where a forward leads."""
    queries.check_mail_changeable(call, forward.domain.subscription)
    _check_targets(forward.address, to)
    forward.targets = list(to)
    forward.save(update_fields=["targets"])
    tell_address(call, forward)
    return shown(forward)


@action("mail.remove_forward", permission="mail.write", on="forward")
def remove_forward(call: Call, *, forward: ForwardRef) -> Result:
    """Delete a forward."""
    return _removed(call, forward)


def check_limit(subscription: Subscription) -> None:
    """Raises Refused, about the field "name", if the plan has no room for another alias or forward."""
    limit = subscription.plan.mail_addresses
    if queries.addresses_of(subscription).count() >= limit:
        raise Refused("The plan’s limit of aliases and forwards is reached: %(limit)d.", limit=limit).at("name")


def _check_targets(address: str, targets: Targets) -> None:
    if not targets:
        raise Refused("A forward needs an address that it leads to.").at("to")
    check_loop(address, targets)


def _added(call: Call, row: Address) -> Result:
    row.save()
    tell_address(call, row)
    tell_note(call, row.mailbox)
    tell_domain(call, row.domain)
    return shown(row)


def _removed(call: Call, row: Address) -> Result:
    queries.check_mail_changeable(call, row.domain.subscription)
    result = shown(row)
    row.delete()
    tell_gone(call, row.domain.subscription, ADDRESS, row.address)
    tell_note(call, row.mailbox)
    tell_domain(call, row.domain)
    return result


def shown(row: Address) -> Result:
    """An alias or a forward as its verbs answer."""
    targets = [row.mailbox.address] if row.mailbox else list(row.targets)
    sort = "alias" if row.mailbox else "forward"
    return {sort: f"{row.local}@{row.domain.value.unicode}", "to": targets}
