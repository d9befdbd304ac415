"""What happens to services that are not paid, as data: phases at whole days from the first unpaid day (spec L12 to L28).

The file's form is described where it ships, in policy.toml. Pure: text in, a `Policy` out, or a refusal that names line and key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from gasthof.slices.lifecycle.rules.reading import Table, document

SERVED, MAIL, SIGN_IN, EDIT, DNS = "served", "mail", "sign_in", "edit", "dns"
TRANSFER, RENEW, RENEW_FEE, RESTORE = "transfer", "renew", "renew_fee", "restore"
ABILITIES = (SERVED, MAIL, SIGN_IN, EDIT, DNS, TRANSFER, RENEW, RENEW_FEE, RESTORE)
ACTIVE, DELETED, RELEASED = "active", "deleted", "released"
ENDED = (DELETED, RELEASED)  # no payment brings it back
PHASES = (
    ACTIVE, "suspended", "locked", "protected", "out_of_zone", "frozen", "renewable", "quarantine", "pending_delete", *ENDED,
)  # fmt: skip
PER = ("service", "subserver", "domain")
FARTHEST = 3_660  # days, either way
OTHERS = "*"
DOMAIN = "domain"


@dataclass(frozen=True)
class Fee:
    """Beside the price of the service, in cents without VAT; without an amount it is asked for each time."""

    key: str
    amount: int | None
    each: str = "service"


@dataclass(frozen=True)
class Phase:
    """`start` is the offset from the first unpaid day, None for the first one and for those that follow another service."""

    name: str
    can: frozenset[str]
    start: int | None = None
    fee: str = ""

    @property
    def ended(self) -> bool:
        return self.name in ENDED


@dataclass(frozen=True)
class Type:
    """A service type, or a TLD as "domain.de"."""

    key: str
    spec: str
    phases: tuple[Phase, ...]
    notices: tuple[int, ...] = ()  # offsets from the first unpaid day
    archive_days: int = 0  # how long what was saved at the end is kept; 0: nothing is
    restore_fee: str = ""
    licence: bool = False  # given back at its end, bought anew on restoration
    follows: Mapping[str, str] | None = None  # parent's phase, or "*", -> own phase

    def named(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)

    @property
    def end(self) -> Phase:
        return self.phases[-1]


@dataclass(frozen=True)
class Policy:
    version: int
    currency: str
    notice_days: int
    fees: Mapping[str, Fee]
    types: Mapping[str, Type]

    def of(self, key: str) -> Type:
        """The entry of a type, of a TLD or of all other TLDs. KeyError: there is no such type."""
        if key.startswith(f"{DOMAIN}.") and key not in self.types:
            return self.types[DOMAIN]
        return self.types[key]


def policy(text: str) -> Policy:
    """Raises Refused, about the field "policy", with line and key."""
    top = document(text)
    fees = {key: _fee(key, table) for key, table in top.tables("fee").items()}
    types = {key: _type(key, table, fees) for key, table in top.tables("type").items()}
    found = Policy(
        version=top.whole("version", 1, 1),
        currency=top.word("currency", ("EUR", "CZK", "USD", "CHF", "PLN", "HUF")),
        notice_days=top.whole("notice_days", 1, 60),
        fees=fees,
        types=types,
    )
    if DOMAIN not in types:
        raise top.wrong("type", "There is no entry for all other TLDs: [type.domain].")
    top.settle()
    return found


def _fee(key: str, table: Table) -> Fee:
    amount = table.whole("amount", 0, 10_000_000) if table.has("amount") else None
    each = table.word("each", PER) if table.has("each") else PER[0]
    table.settle()
    return Fee(key, amount, each)


def _type(key: str, table: Table, fees: Mapping[str, Fee]) -> Type:
    follows = table.has("follows")
    phases = _phases(table, fees, follows=follows)
    names = tuple(phase.name for phase in phases)
    found = Type(
        key=key,
        spec=table.text("spec", 8),
        phases=phases,
        notices=_notices(table) if not follows else (),
        archive_days=table.whole("archive_days", 0, FARTHEST),
        restore_fee=table.word("restore_fee", tuple(fees)) if table.has("restore_fee") else "",
        licence=table.flag("licence") if table.has("licence") else False,
        follows=_follows(table, names) if follows else None,
    )
    table.settle()
    return found


def _notices(table: Table) -> tuple[int, ...]:
    found = table.wholes("notices", -FARTHEST, FARTHEST)
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise table.wrong("notices", "Days must rise.")
    return found


def _follows(table: Table, names: tuple[str, ...]) -> Mapping[str, str]:
    part = table.part("follows")
    found = {key: part.word(key, names) for key in part.keys}
    for key in found:
        if key != OTHERS and key not in PHASES:
            raise table.wrong("follows", "“%(word)s” is no phase.", word=key)
    if OTHERS not in found:
        raise table.wrong("follows", "It must say what holds for all other phases: “*”.")
    return found


def _phases(table: Table, fees: Mapping[str, Fee], *, follows: bool) -> tuple[Phase, ...]:
    rows = table.rows("phases")
    counted = table.word("counted_from", PHASES) if table.has("counted_from") else ""
    found: list[Phase] = []
    for row in rows:
        found.append(_phase(row, found, fees, counted, follows=follows))
    _check_order(table, found, follows=follows)
    if counted and counted not in [phase.name for phase in found]:
        raise table.wrong("counted_from", "“%(word)s” is no phase of this type.", word=counted)
    return tuple(found)


def _phase(row: Table, before: list[Phase], fees: Mapping[str, Fee], counted: str, *, follows: bool) -> Phase:
    name = row.word("name", PHASES)
    can = frozenset(row.words("can", ABILITIES))
    fee = row.word("fee", tuple(fees)) if row.has("fee") else ""
    if bool(fee) != (RENEW_FEE in can):
        raise row.wrong("fee", "A phase has a fee if it can be renewed by one, and only then.")
    if name in ENDED and can - {RESTORE}:
        raise row.wrong("can", "What has ended can be restored at most.")
    start = _start(row, before, counted) if before and not follows else None
    row.settle()
    return Phase(name, can, start, fee)


def _start(row: Table, before: list[Phase], counted: str) -> int:
    """ "from" counts from the first unpaid day, "after" from the start of the phase that `counted_from` names."""
    if row.has("from") == row.has("after"):
        raise row.wrong("from", "A phase begins “from” a day or “after” so many days: one of both.")
    if row.has("from"):
        return row.whole("from", -FARTHEST, FARTHEST)
    base = next((phase.start for phase in before if phase.name == counted), None)
    if base is None:
        raise row.wrong("after", "It counts from the phase that “counted_from” names, which must come before.")
    return base + row.whole("after", 1, FARTHEST)


def _check_order(table: Table, phases: list[Phase], *, follows: bool) -> None:
    names = [phase.name for phase in phases]
    if len(names) < 2 or names[0] != ACTIVE or names[-1] not in ENDED:
        raise table.wrong("phases", "The first phase is “active”, the last one “deleted” or “released”.")
    if len(set(names)) != len(names) or any(name in ENDED for name in names[:-1]):
        raise table.wrong("phases", "No phase comes twice, and only the last one is an end.")
    starts = [phase.start for phase in phases[1:] if phase.start is not None]
    if not follows and any(later <= earlier for earlier, later in pairwise(starts)):
        raise table.wrong("phases", "Each phase must begin after the one before it.")
