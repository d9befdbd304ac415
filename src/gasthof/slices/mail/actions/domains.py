"""Verbs on a domain's mail as a whole."""

from typing import Annotated

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.dns.actions import refresh_zone
from gasthof.slices.domains.queries import Domain, DomainRef
from gasthof.slices.mail import queries
from gasthof.slices.mail.actions.desired import tell_domain
from gasthof.slices.mail.models import Mailbox, MailDomain
from gasthof.slices.mail.values import LocalPart


@action("mail.switch", permission="mail.write", on="domain")
def switch(call: Call, *, domain: DomainRef, active: Annotated[bool, "take mail for this domain here"]) -> Result:
    """Take mail for a domain here, or leave it to servers elsewhere; mailboxes stay and can be read."""
    queries.check_mail_changeable(call, domain.subscription)
    MailDomain.objects.filter(domain=domain).update(active=active)
    refresh_zone(call, domain)
    tell_domain(call, domain)
    return shown(domain)


@action("mail.set_catch_all", permission="mail.write", on="domain")
def set_catch_all(
    call: Call,
    *,
    domain: DomainRef,
    name: Annotated[LocalPart | None, "what stands before the @ of a mailbox of this domain; empty: none"],
) -> Result:
    """Let a mailbox have what is sent to addresses of the domain that do not exist, or end that."""
    queries.check_mail_changeable(call, domain.subscription)
    mailbox = Mailbox.objects.filter(domain=domain, local=name).first() if name else None
    if name and mailbox is None:
        raise Refused("The domain has no such mailbox.").at("name")
    MailDomain.objects.filter(domain=domain).update(catch_all=mailbox)
    tell_domain(call, domain)
    return shown(domain)


def shown(domain: Domain) -> Result:
    """A domain's mail as its verbs answer."""
    row = MailDomain.objects.select_related("catch_all").get(domain=domain)
    catch_all = row.catch_all.local if row.catch_all else None
    return {"domain": domain.value.unicode, "active": row.active, "catch_all": catch_all}
