"""What a bank statement says, in one form for all formats."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules.money import Money


@dataclass(frozen=True)
class Booking:
    """One movement on the house's account. `units`: minor units, negative for what leaves it."""

    account: str  # IBAN, or as the bank names the account
    booked: date
    value: date
    units: int
    currency: str
    name: str = ""  # of the other party
    iban: str = ""  # of the other party
    symbol: str = ""  # variable symbol, digits without leading zeros; "" when none was named as such
    end_to_end: str = ""
    text: str = ""  # remittance information
    bank_id: str = ""  # the bank's own reference
    reversal: bool = False  # takes back an earlier booking


@dataclass(frozen=True)
class Statement:
    account: str
    name: str  # the bank's number or id of the statement
    currency: str
    opening: int  # minor units
    closing: int
    bookings: tuple[Booking, ...]
    where: str  # of the closing balance in the file, for people


def checked(statement: Statement) -> Statement:
    """The same, or Refused where opening balance and bookings do not make the closing balance."""
    sum_ = statement.opening + sum(each.units for each in statement.bookings)
    if sum_ != statement.closing:
        raise Refused(
            "Line or element %(where)s: the bookings lead to a balance of %(sum)s, but the statement says %(closing)s.",
            where=statement.where,
            sum=Money(sum_, statement.currency),
            closing=Money(statement.closing, statement.currency),
        )
    return statement


def fingerprints(bookings: Iterable[Booking]) -> Iterator[str]:
    """One for each, the same in every file that tells of that booking. Equal bookings of one day are told apart by counting them."""
    seen = Counter[str]()
    for booking in bookings:
        said = json.dumps([str(getattr(booking, each.name)) for each in fields(booking)], ensure_ascii=False)
        seen[said] += 1
        yield hashlib.sha256(f"{seen[said]} {said}".encode()).hexdigest()
