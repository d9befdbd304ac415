"""Postings of the double-entry ledger. Debit is positive, credit negative; each posting sums to zero in its one currency."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "bank", "cards", "credit", "unallocated", "revenue", "vat"
]  # cards: what a network has collected and owes us


@dataclass(frozen=True)
class Account:
    """`customer` is of credit accounts, `name` of bank accounts (the IBAN) and of what a card network owes (its name)."""

    kind: Kind
    currency: str
    customer: int | None = None  # of "credit" only
    name: str = ""  # of "bank" and "cards"


@dataclass(frozen=True)
class Entry:
    account: Account
    units: int


Posting = tuple[Entry, ...]


def received(name: str, currency: str, customer: int | None, units: int, kind: Kind = "bank") -> Posting:
    """A payment, or with negative units one that was taken back: the customer's credit, or nobody's yet. `name`: where the money lies."""
    return balanced(
        Entry(Account(kind, currency, name=name), units), Entry(_owed(currency, customer), -units)
    )  # fmt: skip


def assigned(currency: str, customer: int, units: int) -> Posting:
    """It was nobody's, and staff said whose it is."""
    return balanced(Entry(_owed(currency, None), units), Entry(_owed(currency, customer), -units))


def returned(bank: str, currency: str, units: int) -> Posting:
    """It was nobody's, and the house has sent it back."""
    return balanced(Entry(_owed(currency, None), units), Entry(Account("bank", currency, name=bank), -units))


def settled(currency: str, customer: int, net: int, vat: int) -> Posting:
    """A proforma is paid out of the customer's credit."""
    tax = (Entry(Account("vat", currency), -vat),) if vat else ()
    return balanced(Entry(_owed(currency, customer), net + vat), Entry(Account("revenue", currency), -net), *tax)


def refunded(currency: str, customer: int, net: int, vat: int) -> Posting:
    """The opposite: what was paid is the customer's credit again."""
    return tuple(Entry(entry.account, -entry.units) for entry in settled(currency, customer, net, vat))


def balanced(*entries: Entry) -> Posting:
    """The entries, or ValueError where they are no posting."""
    if sum(entry.units for entry in entries) or len({entry.account.currency for entry in entries}) != 1:
        raise ValueError(f"not a posting: {entries}")
    return entries


def _owed(currency: str, customer: int | None) -> Account:
    return Account("unallocated" if customer is None else "credit", currency, customer)
