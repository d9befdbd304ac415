"""Telling the node about mail."""

from collections.abc import Iterable

from gasthof.kernel.call import Call
from gasthof.slices.domains.queries import Domain
from gasthof.slices.mail import queries
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.mail.queries import ADDRESS, DOMAIN, MAILBOX
from gasthof.slices.nodes.actions import desire
from gasthof.slices.subscriptions.queries import Subscription

__all__ = [
    "ADDRESS", "DOMAIN", "MAILBOX", "tell_address", "tell_domain", "tell_domains", "tell_gone", "tell_mailbox", "tell_note",
]  # fmt: skip
VERSION = 1  # of each spec


def tell_domain(call: Call, domain: Domain) -> None:
    """As it is now; its rows, and those of its addresses, are saved already."""
    row = MailDomain.objects.select_related("catch_all").get(domain=domain)
    row.domain = domain
    tell_domains(call, domain.subscription, [row])


def tell_domains(call: Call, subscription: Subscription, rows: Iterable[MailDomain]) -> None:
    for spec in queries.domain_specs(subscription, rows):
        desire(call, subscription.node, DOMAIN, spec.name, spec, VERSION)


def tell_mailbox(call: Call, row: Mailbox) -> None:
    subscription = row.domain.subscription
    desire(call, subscription.node, MAILBOX, row.address, queries.mailbox_spec(row, subscription), VERSION)


def tell_note(call: Call, row: Mailbox | None) -> None:
    """The mailbox has other aliases than before: its out-of-office note answers for them, too."""
    if row and row.vacation_on:
        tell_mailbox(call, row)


def tell_address(call: Call, row: Address) -> None:
    subscription = row.domain.subscription
    desire(call, subscription.node, ADDRESS, row.address, queries.address_spec(row, subscription), VERSION)


def tell_gone(call: Call, subscription: Subscription, kind: str, key: str) -> None:
    desire(call, subscription.node, kind, key, None, VERSION)
