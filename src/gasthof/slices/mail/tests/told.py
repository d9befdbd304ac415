"""A node with mail's part of the agent, without daemons: what Dovecot would be asked is kept."""

from collections.abc import Sequence
from pathlib import Path

from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.loop import Agent
from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.ask import Reply
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.sdk.steps import LocalAuthority, Plan, Rows
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.kernel.clock import SystemClock
from gasthof.slices.mail.node import places, plan, sni
from gasthof.slices.mail.node.kinds import FIXTURES, KINDS
from gasthof.slices.mail.node.lookups import dovecot_database, postfix_database
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec

UID, OTHER = 1_000_012, 1_000_013
PASSWORD = "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNo"
INFO = f"info@{UMLAUT}"


class Sessions:
    """Stands where Dovecot would be asked, and keeps what it was."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def ask(self, verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        self.asked += [(verb, one) for one in arguments]
        return {one: Reply() for one in arguments}


class Mail:
    def __init__(self, node: Node) -> None:
        self.node, self.prefix, self.sessions = node, node.prefix, Sessions()
        services = {"mail-sni": sni.SniMap, "dovecot": lambda _: self.sessions}
        databases = [each for each in FIXTURES if each.name in ("mail.lookups", "mail.base", "mail.filled")]
        self.taught = Knowledge({kind.name: kind for kind in KINDS}, tuple(databases), services=services)
        self.prepare()
        self.agent: Agent = node.agent(self.taught)
        assert self.agent.fix() == []

    def prepare(self) -> None:
        """As bootstrap and the web part do."""
        ca = self.prefix.ca_key
        ca.parent.mkdir(mode=0o700, exist_ok=True)
        (self.prefix.root / "mail").mkdir(exist_ok=True)
        executor = Executor(Machine(self.prefix, SystemClock()), self.taught)
        assert executor.carry_out([Plan(prepare=(LocalAuthority(ca, self.prefix.ca_certificate),))])[0].live
        executor.close()

    def turn(self) -> None:
        self.agent.backoff.waiting.clear()
        self.agent.reach()
        self.agent.fetch()
        self.agent.work()
        self.agent.deliver()

    def put(self, *specs: DomainSpec | MailboxSpec | AddressSpec) -> None:
        kinds = {DomainSpec: plan.DOMAIN, MailboxSpec: plan.MAILBOX, AddressSpec: plan.ADDRESS}
        for spec in specs:
            key = spec.name if isinstance(spec, DomainSpec) else spec.address
            self.node.intent.put(kinds[type(spec)], key, spec)
        self.turn()

    def drop(self, *objects: tuple[str, str]) -> None:
        for kind, key in objects:
            self.node.drop(kind, key)
        self.turn()

    def rows(self, kind: str, key: str) -> list[Rows]:
        """In Postfix' and in Dovecot's database."""
        owner = f"{kind} {key}"
        return [
            lookup.rows(base, [owner]).get(owner, {})
            for base in (postfix_database(self.prefix), dovecot_database(self.prefix))
        ]

    def folder(self, subscription: str = "s000012") -> Path:
        return places.mailboxes(self.prefix, subscription)

    def receive(self, spec: MailboxSpec, text: str = "Grüße") -> Path:
        """What Dovecot leaves behind."""
        place = self.folder(spec.subscription) / spec.folder / "Maildir" / "new"
        with acting_as(spec.uid):
            place.mkdir(parents=True)
            (place / "1.eml").write_text(text)
            (place.parent / "maildirsize").write_text(f"10485760S\n{len(text)} 1\n")
        return place / "1.eml"

    def last(self, key: str) -> str:
        return self.node.intent.states()[key][-1]


def domain(name: str = UMLAUT, subscription: str = "s000012", uid: int = UID, **fields: object) -> DomainSpec:
    return DomainSpec(name, subscription, uid, **fields)  # type: ignore[arg-type]


def mailbox(
    address: str = INFO, token: str = "00c0ffee", subscription: str = "s000012", uid: int = UID, **fields: object
) -> MailboxSpec:
    local, _, name = address.partition("@")
    given = {"password": PASSWORD, "quota_mb": 10, **fields}
    return MailboxSpec(address, subscription, uid, f"{name}/{local}.{token}", **given)  # type: ignore[arg-type]
