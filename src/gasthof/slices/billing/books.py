"""Writes postings into the ledger, and reads what it says of a customer's credit. Within a verb's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F, Sum

from gasthof.slices.billing.models import Allocation, Counter, Entry, LedgerAccount
from gasthof.slices.billing.rules import ledger

LOCK = 0x6D6F6E6579  # of all verbs that move money: they are few, and each reads what the one before wrote

# Columns as arrays: a statement of ten thousand bookings makes fifty thousand entries, and a model's instance for each takes seconds.
POSTINGS = """
INSERT INTO billing_posting (at, what, about) SELECT %s, * FROM unnest(%s::text[], %s::text[]) RETURNING id, what, about"""
ENTRIES = """
INSERT INTO billing_entry (posting_id, account_id, currency, units) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[])"""


@dataclass(frozen=True)
class Said:
    """A posting that is to be written: what happened to what, once."""

    what: str
    about: str
    entries: ledger.Posting


def hold() -> None:
    """Nobody else moves money until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def take(series: str, count: int, *, first: int = 1) -> range:
    """The next numbers of a series. Its row stays locked until they are committed or given back, so that there is no gap."""
    if not count:
        return range(0)
    Counter.objects.get_or_create(name=series, defaults={"last": first - 1})
    row = Counter.objects.select_for_update().get(name=series)
    Counter.objects.filter(name=series).update(last=F("last") + count)
    return range(row.last + 1, row.last + count + 1)


def post(said: Sequence[Said], at: datetime) -> None:
    """All entries in one statement: the database looks at whole postings (migrations/0002_rows.py)."""
    if not said:
        return
    accounts = _accounts({entry.account for each in said for entry in each.entries})
    with connection.cursor() as cursor:
        cursor.execute(POSTINGS, [at, [each.what for each in said], [each.about for each in said]])
        numbers = {(what, about): number for number, what, about in cursor.fetchall()}
        rows = [
            (numbers[each.what, each.about], accounts[entry.account], entry.account.currency, entry.units)
            for each in said
            for entry in each.entries
        ]
        cursor.execute(ENTRIES, [list(column) for column in zip(*rows, strict=True)])


def _accounts(wanted: set[ledger.Account]) -> dict[ledger.Account, int]:
    """Their rows' keys; those that are missing are opened."""
    found = _found(wanted)
    missing = [LedgerAccount(kind=each.kind, currency=each.currency, customer_id=each.customer, name=each.name) for each in wanted - found.keys()]  # fmt: skip
    if missing:
        LedgerAccount.objects.bulk_create(missing)
        found = _found(wanted)
    return found


def _found(wanted: Iterable[ledger.Account]) -> dict[ledger.Account, int]:
    customers = {each.customer for each in wanted if each.customer is not None}
    rows = LedgerAccount.objects.filter(customer__in=customers) | LedgerAccount.objects.filter(customer=None)
    columns = ("pk", "kind", "currency", "customer_id", "name")
    return {ledger.Account(kind, currency, customer, name): key for key, kind, currency, customer, name in rows.values_list(*columns)}  # fmt: skip


def credit(customer: int, currency: str) -> int:
    """What the house owes the customer, minor units; below zero they owe it."""
    entries = Entry.objects.filter(account__kind="credit", account__customer=customer, account__currency=currency)
    return -int(entries.aggregate(sum=Sum("units"))["sum"] or 0)


def free_credit(customer: int, currency: str) -> int:
    """Of that, what no allocation holds for an open proforma."""
    held = Allocation.objects.filter(
        payment__customer=customer, proforma__state="open", proforma__currency=currency, released=False
    )
    return credit(customer, currency) - int(held.aggregate(sum=Sum("units"))["sum"] or 0)
