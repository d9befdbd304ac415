"""How a request goes on, what a restoration costs, and which of its contents a code confirms (spec L1, L11). Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.rules.policy import Fee

END, WITHDRAW, RESTORE, BACKUP, MENDED, MESSAGE = "end", "withdraw", "restore", "backup", "mended", "message"
KINDS = (MESSAGE, END, WITHDRAW, RESTORE, BACKUP, MENDED)
OF_SERVICES = (END, WITHDRAW, RESTORE, BACKUP)  # they need one; the others may have one
IN_WORDS = (MENDED, MESSAGE)  # they say nothing without words

DRAFTED, WAITING, ACCEPTED = "drafted", "waiting", "accepted"
DONE, DECLINED, FAILED, DROPPED = "done", "declined", "failed", "dropped"
MOVES: Mapping[str, tuple[str, ...]] = {
    DRAFTED: (WAITING, DONE, DROPPED),
    WAITING: (ACCEPTED, DECLINED, DONE),
    ACCEPTED: (DONE, FAILED),
    FAILED: (DONE,),
    DONE: (WAITING,),  # a message that is answered and written on
    DECLINED: (),
    DROPPED: (),
}
THROUGH = (DONE, DECLINED, DROPPED)
FOR_STAFF = (WAITING, FAILED)

DIGITS = 8  # of a code
LIFETIME = timedelta(minutes=10)
WRONG_ALLOWED = 5  # of one code
MOST_CODES = 5  # to one person in an hour
MOST_OPEN = 50  # requests of one customer that are not through
RENEWAL = "renewal"


def check_move(kind: str, state: str, to: str) -> None:
    """Raises Refused for a step that a request in that state does not take."""
    if to not in MOVES[state] or (to == ACCEPTED and kind != RESTORE) or (state == DONE and kind != MESSAGE):
        raise Refused("This is not possible with the request as it stands.").at("request")


def after_confirmation(kind: str, *, answered: bool = False, in_case: bool = False) -> str:
    """Where it stands then: carried out, or before staff. `answered`: the system itself knew. `in_case`: a case waits for staff instead."""
    return DONE if kind in (END, WITHDRAW) or answered or in_case else WAITING


def read_on(kind: str, state: str) -> bool:
    """Whether staff will see what the customer writes in its thread."""
    return state in (DRAFTED, *FOR_STAFF) or (kind, state) == (MESSAGE, DONE)


@dataclass(frozen=True)
class Renewal:
    """A period's price in minor units without VAT. `category`: of VAT."""

    months: int
    net: int
    currency: str
    category: str


@dataclass(frozen=True)
class Line:
    """`what`: RENEWAL, or the key of a fee. `net`: minor units for one, without VAT; None: it has to be asked for."""

    what: str
    count: int
    net: int | None


@dataclass(frozen=True)
class Quote:
    lines: tuple[Line, ...]
    currency: str
    months: int = 0  # that the renewal is for
    category: str = "standard"

    @property
    def complete(self) -> bool:
        """Whether it can be invoiced."""
        renews = any(line.what == RENEWAL for line in self.lines)
        return self.total is not None and (self.months > 0 or not renews)

    @property
    def total(self) -> int | None:
        """In minor units without VAT; None as long as a part of it has to be asked for."""
        parts = [line.net for line in self.lines]
        known = [line.count * net for line, net in zip(self.lines, parts, strict=True) if net is not None]
        return sum(known) if len(known) == len(parts) else None


def quote(
    fee: Fee | None, subservers: int, currency: str, renewal: Renewal | None, licence: Fee | None = None
) -> Quote:
    """What restoring costs: the policy's fee, once or for each subserver, a licence that is bought again, and the renewal (spec L11).
    `currency`: of the policy."""
    same = renewal is None or renewal.currency == currency  # nothing is converted by us
    lines = []
    for each in (fee, licence):
        if each is not None:
            count = max(subservers, 1) if each.each == "subserver" else 1
            lines.append(Line(each.key, count, each.amount if same else None))
    lines.append(Line(RENEWAL, 1, renewal.net if renewal else None))
    if renewal is None:
        return Quote(tuple(lines), currency)
    return Quote(tuple(lines), renewal.currency, renewal.months, renewal.category)


def quote_on_server(fees: Sequence[tuple[Fee, int]], currency: str) -> Quote:
    """What it costs to bring something back on a server that is paid already (spec L20, L21): fees, each so many times, and no renewal."""
    return Quote(tuple(Line(fee.key, count, fee.amount) for fee, count in fees if count), currency)


def digest(contents: Mapping[str, object]) -> bytes:
    """Of all that a request says: another word, another day or another price is another one. 32 bytes."""
    return sha256(json.dumps(contents, sort_keys=True, ensure_ascii=False).encode()).digest()
