"""What mail teaches the agent: domains' mail, mailboxes, aliases and forwards, and the daemons that carry it."""

from gasthof.agent.kinds import Fixture, Kind
from gasthof.slices.mail.node import facts, fixtures, plan
from gasthof.slices.mail.node.services import RELOADS, SERVICES, TOOLS
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec

__all__ = ["FIXTURES", "KINDS", "RELOADS", "SERVICES", "TOOLS"]

KINDS = (
    Kind(
        name=plan.DOMAIN,
        spec=DomainSpec,
        version=1,
        rank=40,
        scope=lambda spec: str(spec.subscription),
        gather=facts.domains,
        plan=plan.domain,
        present=facts.present_domains,
    ),
    Kind(
        name=plan.MAILBOX,
        spec=MailboxSpec,
        version=1,
        rank=41,
        scope=lambda spec: str(spec.subscription),
        gather=facts.mailboxes,
        plan=plan.mailbox,
        present=facts.present_mailboxes,
        findings=facts.findings,
    ),
    Kind(
        name=plan.ADDRESS,
        spec=AddressSpec,
        version=1,
        rank=42,
        scope=lambda spec: str(spec.subscription),
        gather=facts.addresses,
        plan=plan.address,
        present=facts.present_addresses,
    ),
)
FIXTURES = (
    Fixture("mail.lookups", facts.base, plan.base),
    *fixtures.FIXTURES,
    Fixture("mail.filled", facts.filled, plan.filled, last=True),
)
