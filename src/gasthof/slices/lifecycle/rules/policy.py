"""What happens to services that are not paid, as data: phases at whole days from the first unpaid day (spec rows L12 to L28).

The file's form is described where it ships, in policy.toml. Pure: text in, a Policy out, or a refusal that names line and key.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.rules.reading import Table, document

SERVED, MAIL_DELIVERED, SIGN_IN, EDIT, DNS_SERVED = "served", "mail_delivered", "sign_in", "edit", "dns_served"
TRANSFER, RENEWABLE, RENEWABLE_BY_FEE, RESTORABLE = "transfer", "renewable", "renewable_by_fee", "restorable"
CAPABILITIES = (
    SERVED, MAIL_DELIVERED, SIGN_IN, EDIT, DNS_SERVED, TRANSFER, RENEWABLE, RENEWABLE_BY_FEE, RESTORABLE,
)  # fmt: skip
ACTIVE, QUARANTINE, DELETED, RELEASED, ERASED = "active", "quarantine", "deleted", "released", "erased"
ENDS = (DELETED, RELEASED)  # no payment brings back what has come here
PHASES = (
    ACTIVE, "suspended", "locked", "protected", "out_of_zone", "frozen", "renewable", QUARANTINE, "pending_delete", *ENDS,
)  # fmt: skip
ACTIONS = ("open", "suspend", "lock", "take_out", "quarantine", "note", "delete", "release")
ENDING_ACTIONS = ("delete", "release")
ERASE = "erase"  # of what was kept after the end
RENEW = "renew"  # at a registry, of what is paid
BACK, RELEASE_LICENCE, BUY_LICENCE = (
    "bring_back",
    "release_licence",
    "buy_licence",
)  # done to a machine beside its phases
BESIDE = (ERASE, RENEW, BACK, RELEASE_LICENCE, BUY_LICENCE)  # no phase, so that it takes the place of no other work
TYPES = (
    "domain", "dns", "hosting", "hosting_mail", "multihosting", "subserver", "builder", "mail", "shop", "vms", "vps", "aps",
)  # fmt: skip
SERVER_MAIL, BACKUP_STORAGE = "server_mail", "backup_storage"
ORDERED_WITH = (
    SERVER_MAIL,
    BACKUP_STORAGE,
)  # a server (L20); policies that were taken before there were these have no entry for them
NOTICES = ("renewal_due", "last_days", "closed", "fee_from_now", "deletion_near", "deletion_tomorrow")
IMAGE = "image"  # of a whole machine: it goes onto another one, and nowhere else (L20, L21)
KEPT = ("website", "databases", "mail", "contacts", IMAGE, "records", "subservers", BACKUP_STORAGE)
LICENCE = "licence"  # the fee of buying it again
EACH = ("service", "subserver", "domain")
EXPIRY = "expiry"
FARTHEST = 3_660  # days, either way
OTHERS = "*"
TLD = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?")  # an A-label, or several: co.uk
CLASS = re.compile(r"[^\s;,](?:[^;,\n]{0,18}[^\s;,])?")  # as customers know it: "VPS M"


@dataclass(frozen=True)
class Fee:
    """Beside the price of the service, in cents without VAT; without an amount it is asked for each time."""

    key: str
    amount: int | None
    each: str = EACH[0]


@dataclass(frozen=True)
class Phase:
    """`start`: days from the first unpaid day; None for the first phase, and where a parent is followed."""

    name: str
    can: frozenset[str]
    does: str  # what is done to the service when it begins
    start: int | None = None
    fee: str = ""

    @property
    def ends(self) -> bool:
        return self.name in ENDS


@dataclass(frozen=True)
class Notice:
    at: int  # days from the first unpaid day
    name: str


@dataclass(frozen=True)
class Archive:
    """What stays restorable after the end, and for how many days; 0: nothing does. `loses`: what is not saved, as one might think it is."""

    days: int = 0
    keeps: tuple[str, ...] = ()
    fee: str = ""
    loses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A service type, or a TLD: "domain.de"."""

    key: str
    phases: tuple[Phase, ...]
    notices: tuple[Notice, ...] = ()
    archive: Archive = Archive()
    licence_released: bool = False  # bought again on restoration
    registry_clock: bool = False  # its days are a registry's: an outage of ours moves none
    follows: Mapping[str, str] = field(default_factory=dict)  # parent's phase, or "*" -> own phase
    classes: tuple[str, ...] = ()  # of machines, the lowest first

    def named(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)

    @property
    def end(self) -> Phase:
        return self.phases[-1]

    def as_parent(self, phase: str) -> Phase:
        """The own phase while the parent is in that one. What was erased had ended before."""
        ended = next((name for name in ENDS if name in self.follows), OTHERS)
        known = self.follows.get(phase) or self.follows[ended if phase in (*ENDS, ERASED) else OTHERS]
        return self.named(known)


@dataclass(frozen=True)
class Policy:
    version: int
    currency: str
    notice_days: int  # so old, at least, is a delivered notice before time deletes anything
    fees: Mapping[str, Fee]
    entries: Mapping[str, Entry]

    def of(self, type_: str, tld: str = "") -> Entry:
        """The entry of a type, of a TLD or of all other TLDs. KeyError: there is no such type."""
        return self.entries.get(f"{type_}.{tld}") or self.entries[type_] if tld else self.entries[type_]


def policy(text: str) -> Policy:
    """Reads and checks the whole file. Raises Refused: a sentence with line and key."""
    top = document(text)
    version = top.whole("version", 1, 1_000_000)
    currency = top.word("currency", ("EUR", "CZK", "CHF", "PLN", "HUF", "USD"))
    notice_days = top.whole("notice_days", 1, 60)
    fees = {key: _fee(key, table) for key, table in top.tables("fee").items()}
    entries: dict[str, Entry] = {}
    for key, table in top.tables("type").items():
        for name in _names(top, key, table):
            if name in entries:
                raise top.wrong("type", Refused("There are two entries for %(key)s.", key=name))
            entries[name] = _entry(name, table, fees)
        table.settle()
    for needed in TYPES:
        if needed not in entries:
            raise top.wrong("type", Refused("There is no entry for %(key)s.", key=needed))
    top.settle()
    return Policy(version, currency, notice_days, fees, entries)


def _names(top: Table, key: str, table: Table) -> Sequence[str]:
    """An entry may hold for further TLDs."""
    type_, _, tld = key.partition(".")
    if type_ not in (*TYPES, *ORDERED_WITH) or (tld and (type_ != "domain" or not TLD.fullmatch(tld))):
        raise table.wrong("", Refused("“%(word)s” is no type of service.", word=key[:40]))
    further = table.names("also", TLD) if tld and table.has("also") else ()
    return (key, *(f"domain.{each}" for each in further))


def _fee(key: str, table: Table) -> Fee:
    amount = table.whole("amount", 0, 10_000_000) if table.has("amount") else None
    each = table.word("each", EACH) if table.has("each") else EACH[0]
    table.settle()
    return Fee(key, amount, each)


def _entry(key: str, table: Table, fees: Mapping[str, Fee]) -> Entry:
    following = table.has("follows")
    phases = _phases(table, fees, following=following)
    return Entry(
        key=key,
        phases=phases,
        notices=() if following else _notices(table, phases),
        archive=_archive(table.part("archive"), fees) if table.has("archive") else Archive(),
        licence_released=table.flag("licence_released"),
        registry_clock=table.flag("registry_clock"),
        follows=_follows(table, phases) if following else {},
        classes=_classes(table) if table.has("classes") else (),
    )


def _classes(table: Table) -> tuple[str, ...]:
    found = table.names("classes", CLASS)
    if len(set(found)) != len(found):
        raise table.wrong("classes", Refused("No class comes twice."))
    return found


def _archive(table: Table, fees: Mapping[str, Fee]) -> Archive:
    fee = table.word("fee", tuple(fees)) if table.has("fee") else ""
    loses = table.words("loses", KEPT) if table.has("loses") else ()
    found = Archive(table.whole("days", 1, FARTHEST), table.words("keeps", KEPT), fee, loses)
    table.settle()
    return found


def _notices(table: Table, phases: Sequence[Phase]) -> tuple[Notice, ...]:
    """One at least comes before the end: without a delivered notice time deletes nothing."""
    found = []
    for row in table.rows("notices"):
        found.append(Notice(row.whole("at", -FARTHEST, FARTHEST), row.word("name", NOTICES)))
        row.settle()
    if any(later.at <= earlier.at for earlier, later in pairwise(found)):
        raise table.wrong("notices", Refused("The days must rise from one to the next."))
    end = phases[-1].start
    if not found or end is None or found[-1].at >= end:
        raise table.wrong("notices", Refused("There must be a notice, and none after the end."))
    return tuple(found)


def _follows(table: Table, phases: Sequence[Phase]) -> Mapping[str, str]:
    part, names = table.part("follows"), tuple(phase.name for phase in phases)
    found = {key: part.word(key, names) for key in part.values}
    for key in found:
        if key != OTHERS and key not in PHASES:
            raise part.wrong(key, Refused("“%(word)s” is no phase.", word=key[:40]))
    if OTHERS not in found:
        raise table.wrong("follows", Refused("It must say what holds for all other phases: “*”."))
    return found


def _phases(table: Table, fees: Mapping[str, Fee], *, following: bool) -> tuple[Phase, ...]:
    found: list[Phase] = []
    for row in table.rows("phases"):
        found.append(_phase(row, found, fees, following=following))
        row.settle()
    names = [phase.name for phase in found]
    if len(names) < 2 or names[0] != ACTIVE or names[-1] not in ENDS:
        raise table.wrong("phases", Refused("The first phase is “active”, the last one “deleted” or “released”."))
    if len(set(names)) != len(names) or any(name in ENDS for name in names[:-1]):
        raise table.wrong("phases", Refused("No phase comes twice, and only the last one is an end."))
    starts = [phase.start for phase in found[1:] if phase.start is not None]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise table.wrong("phases", Refused("Each phase must begin after the one before it."))
    return tuple(found)


def _phase(row: Table, before: Sequence[Phase], fees: Mapping[str, Fee], *, following: bool) -> Phase:
    name, can = row.word("name", PHASES), frozenset(row.words("can", CAPABILITIES))
    does = row.word("does", ACTIONS) if before else ACTIONS[0]
    fee = row.word("fee", tuple(fees)) if row.has("fee") else ""
    if bool(fee) != (RENEWABLE_BY_FEE in can):
        raise row.wrong("fee", Refused("A phase has a fee if it can be renewed by one, and only then."))
    if name in ENDS and can - {RESTORABLE}:
        raise row.wrong("can", Refused("What has ended can be restored at most."))
    if (name in ENDS) != (does in ENDING_ACTIONS):
        raise row.wrong("does", Refused("Only an end deletes or releases, and it does nothing else."))
    return Phase(name, can, does, _start(row, before) if before and not following else None, fee)


def _start(row: Table, before: Sequence[Phase]) -> int:
    """`from` counts from the expiry, or from the quarantine's beginning where `counted_from` says so."""
    days = row.whole("from", -FARTHEST, FARTHEST)
    base = row.word("counted_from", (EXPIRY, QUARANTINE)) if row.has("counted_from") else EXPIRY
    if base == EXPIRY:
        return days
    start = next((phase.start for phase in before if phase.name == base), None)
    if start is None:
        raise row.wrong("counted_from", Refused("There is no quarantine before this phase."))
    return start + days
