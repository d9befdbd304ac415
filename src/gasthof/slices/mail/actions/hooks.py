"""What happens to mail when domains and subscriptions come, go and are suspended."""

from django.db.models import Q

from gasthof.kernel.call import Call
from gasthof.slices.domains.queries import Domain
from gasthof.slices.mail.actions.desired import (
    ADDRESS,
    DOMAIN,
    MAILBOX,
    tell_domain,
    tell_domains,
    tell_gone,
    tell_note,
)
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.subscriptions.queries import Subscription


def make_mail(call: Call, domain: Domain) -> None:
    """A new domain takes mail, where the plan has any: at first for its postmaster only."""
    plan = domain.subscription.plan
    MailDomain.objects.create(domain=domain, active=plan.mailboxes + plan.mail_addresses > 0)
    tell_domain(call, domain)


def remove_mail(call: Call, domain: Domain) -> None:
    """Mail goes with its domain, and so do aliases that its mailboxes have in others."""
    subscription = domain.subscription
    gone = Q(domain=domain) | Q(mailbox__domain=domain)
    others, boxes = {}, {}
    for row in Address.objects.filter(gone).select_related("domain", "mailbox__domain"):
        tell_gone(call, subscription, ADDRESS, row.address)
        others[row.domain_id] = row.domain
        if row.mailbox and row.mailbox.domain_id != domain.pk:
            boxes[row.mailbox.pk] = row.mailbox
    for local in Mailbox.objects.filter(domain=domain).values_list("local", flat=True):
        tell_gone(call, subscription, MAILBOX, f"{local}@{domain.name}")
    tell_gone(call, subscription, DOMAIN, domain.name)
    MailDomain.objects.filter(domain=domain).delete()
    Address.objects.filter(gone).delete()
    Mailbox.objects.filter(domain=domain).delete()
    for box in boxes.values():
        tell_note(call, box)
    others.pop(domain.pk, None)
    rest = MailDomain.objects.filter(domain__in=others).select_related("domain", "catch_all")
    tell_domains(call, subscription, rest)


def tell_all(call: Call, subscription: Subscription) -> None:
    """A subscription was suspended or resumed: its domains say so, no mailbox has to."""
    rows = MailDomain.objects.filter(domain__subscription=subscription).select_related("domain", "catch_all")
    tell_domains(call, subscription, rows)
