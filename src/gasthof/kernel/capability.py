"""The sign on a slice's door: which permissions its verbs ask for, and what it does when others' objects change."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from gasthof.kernel.call import Awaited, Call
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import Actor, Role
from gasthof.kernel.refusal import Refused


@dataclass(frozen=True)
class Waited:
    """What became of a change: its state on the node ("live", "failed", "drift", "pending") and the node's words."""

    kind: str
    key: str
    state: str
    words: str = ""


@dataclass(frozen=True)
class Bearer:
    """Who showed a token. `answered` notes its use, and is called when they have their answer."""

    token: int
    actor: Actor
    answered: Callable[[], None]


@dataclass(frozen=True)
class Glance:
    """What a domain's card tells of a slice's things: how many there are, and the space that they take up of what is theirs."""

    title: str  # what is counted, an English sentence's key
    icon: str  # Lucide's name
    count: int
    used: int  # bytes
    limit: int  # bytes


@dataclass(frozen=True)
class Door:
    """A button that leads on from a page."""

    title: str  # in the reader's language
    url: str  # where it leads
    icon: str  # Lucide's name
    primary: bool = False  # what the reader most likely came for


Tone = Literal["", "good", "warn", "bad", "info"]
Badge = tuple[str, Tone, str]  # how something is: one word in the reader's language, a colour, Lucide's name of a sign


@dataclass(frozen=True)
class Line:
    """One thing on a card, in the reader's language."""

    text: str
    url: str = ""  # of its page
    note: str = ""  # what else is to be known: a day, an amount
    badge: Badge | None = None


@dataclass(frozen=True)
class Card:
    """What a customer's page tells of a slice's things: the first few of them, and the way to all."""

    title: str  # in the reader's language, as all here
    url: str  # of the full list
    lines: tuple[Line, ...]
    empty: str = ""  # what is said where there are none
    facts: tuple[tuple[str, str], ...] = ()  # name, value


CARD_LINES = 5  # the first few of a card


@dataclass(frozen=True)
class WayToPay:
    """Of a proforma, beside the bank transfer."""

    title: str  # what the button says, in the reader's language
    sentence: str
    url: str
    icon: str  # Lucide's name
    warning: str = ""


@dataclass(frozen=True)
class Alarm:
    """What is wrong and waits for a person, for the page of staff; in the reader's language."""

    title: str
    words: str  # the reason, a daemon's own where it said one
    since: datetime
    url: str  # where it can be seen


@dataclass(frozen=True)
class Outlook:
    """What comes to something soon, and what can be done about it; in the reader's language."""

    title: str
    words: str
    doors: tuple[Door, ...] = ()


Level = Literal[
    "account", "house", "customer", "subscription", "domain"
]  # what a page is about: the reader; the whole, down to one domain


Section = Literal["hosting", "centre", "money"]  # parts of the menu, within a level


@dataclass(frozen=True)
class Page:
    """An entry of the menu, and a door on the card of what it is about. `url` is a route's name; the route takes the level's
    key: nothing for account and house, a customer's number, a subscription's system name, a domain's A-label."""

    title: str  # an English sentence's key, as everywhere
    url: str
    permission: str
    level: Level
    icon: str  # Lucide's name
    whole: bool = False  # only for who may act in all of it, not in one of its domains, say
    section: Section = "hosting"
    waiting: Callable[[], int] | None = None  # of the house: how much waits for people, by a fixed number of queries


Hook = Callable[[Call, Any], None]  # the call and the object it is about
OPERATORS: frozenset[Role] = frozenset({"operator", "system"})
RESELLERS: frozenset[Role] = OPERATORS | {"reseller"}
OWNERS: frozenset[Role] = RESELLERS | {"owner"}


@dataclass(frozen=True)
class Capability:
    """A hook left None means that the slice has nothing to do there. The object is a model's row, before it is gone."""

    name: str
    permissions: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(
        default_factory=dict
    )  # permission that roles may name -> what it allows, an English sentence's key
    roles: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # ready-made role of users -> permissions of these
    deeds: Mapping[str, str] = field(
        default_factory=dict
    )  # what the audit trail names beside verbs -> in words, an English sentence's key
    pages: tuple[Page, ...] = ()
    subscription_created: Hook | None = None
    subscription_suspended: Hook | None = None
    subscription_resumed: Hook | None = None
    subscription_removed: Hook | None = None
    domain_added: Hook | None = None
    domain_removed: Hook | None = None
    mailbox_removed: Hook | None = None
    performed: Callable[[Call, Sequence[Any]], None] | None = (
        None  # the record (kernel.models.AuditEntry) of what verbs changed, before the commit; `call.awaited`: what nodes were told
    )
    domain_moved: Hook | None = None  # some machine of the house has another name or other addresses than before
    dns_records: Callable[[Any], Iterable[Any]] | None = (
        None  # a domain -> what its zone should hold (dns.spec.RecordSpec)
    )
    glances: Callable[[Actor, Sequence[Any]], Mapping[int, Glance]] | None = (
        None  # who looks, domains -> domain's number in the table -> what its card tells, of those that they may know
    )
    cards: Mapping[str, Callable[[Any], Card]] = field(
        default_factory=dict
    )  # permission -> a customer -> what their page tells to who has it, by a fixed number of queries
    usage: Callable[[Any], Mapping[str, int]] | None = None  # a subscription -> bytes by kind, as last measured
    health: Callable[[Any], Iterable[str]] | None = None  # a subscription -> what is wrong with its share, in words
    export: Callable[[Any], Any] | None = None  # a subscription -> its share's settings, as JSON, hashes included
    restore: Callable[[Call, Any, Any], Any] | None = (
        None  # makes that share anew from what `export` gave; JSON for `load`
    )
    keeps: Callable[[Any, str | None], Refused | None] | None = (
        None  # a subscription, a host name of it (None: all of it) -> why its customer may not take that away now
    )
    withholds: Callable[[int, str], Refused | None] | None = (
        None  # a customer's number, a host name or an address -> why that customer may not have it anew now
    )
    locks_zone: Callable[[Any], Refused | None] | None = (
        None  # a domain -> why its customer may not change the records of its zone now, though they are served
    )
    claimed: Callable[[str], Iterable[str]] | None = (
        None  # a host name -> customers' names that are it or lie below it, held until the transaction ends
    )
    called: Callable[[Iterable[str]], Mapping[str, str]] | None = (
        None  # actors, as the audit trail has them -> how people call them
    )
    named: Callable[[Actor, str], Iterable[str]] | None = (
        None  # who asks, a part of a name or an address -> those of their people, as the audit trail has them
    )
    day_began: Callable[[Clocks], Iterable[str]] | None = (
        None  # a business day may have begun: do what is due; what was done, in words. Called more than once a day, and late
    )
    ways_to_pay: Callable[[Actor, Any], Iterable[WayToPay]] | None = None  # who looks, a proforma that can be paid
    alarms: Callable[[], Iterable[Alarm]] | None = None  # the oldest first
    unpayable: Callable[[date, Collection[int] | None], Iterable[int]] | None = (
        None  # a day, and numbers of services or None for all -> those whose unpaid time begins by then, and that nobody can pay: nobody has said what they cost
    )
    renewal_price: Callable[[Any], str] | None = (
        None  # a service -> what its renewal costs, in words of the reader's language; "": nobody has said
    )
    registry_answered: Callable[[], None] | None = None  # in the transaction that keeps the answer
    fee_known: Callable[[Any], None] | None = None  # a service whose fee nobody knew before: it can be asked for now
    service_doors: Callable[[Actor, Any], Iterable[Door]] | None = (
        None  # who looks, a service -> what they can ask for about it
    )
    outlooks: Callable[[Actor, Any], Iterable[Outlook]] | None = (
        None  # who looks, a subscription -> what comes to it soon, by a fixed number of queries where nothing does
    )
    speaks: Callable[[Any, str], None] | None = None  # a request, a language -> who asks is answered in it from now on
    is_customer: Callable[[int], bool] | None = None  # whether there is a customer of that number
    wait: Callable[[Awaited, float], Waited] | None = None  # for at most so many seconds
    bearer: Callable[[str, Any, datetime], Bearer | None] | None = (
        None  # a token, the request, the time -> who shows it; raises TooManyAttempts
    )
    progress: Callable[[Sequence[Awaited]], list[Waited]] | None = None  # of each of these changes, without waiting
    find_subscription: Callable[[Actor, str], Any] | None = None  # by number or system name; None: not for this actor
    apply: Callable[[Any, Any, bool], Iterable[Any]] | None = (
        None  # a file's root (kernel.sheet.Sheet), a subscription, whether to prune -> kernel.sheet.Step
    )
