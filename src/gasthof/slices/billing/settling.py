"""Carries out what was decided about bookings: payments, allocations, postings, receipts, events. All in a verb's transaction."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from gasthof.slices.billing import books
from gasthof.slices.billing.books import Said
from gasthof.slices.billing.models import (
    Allocation,
    BankBooking,
    Case,
    Payment,
    Proforma,
    Receipt,
)
from gasthof.slices.billing.rules import ledger, matching
from gasthof.slices.billing.rules.booking import Booking
from gasthof.slices.billing.rules.matching import Decision, Outcome
from gasthof.slices.billing.rules.references import numbers

CASES = {Outcome.CANCELLED, Outcome.CURRENCY, Outcome.REVERSAL}
SETTLED = """
INSERT INTO billing_settled (line_id, service, valid_from, valid_until, at) SELECT id, service, valid_from, valid_until, %s
FROM billing_proformaline WHERE proforma_id = ANY(%s) AND service <> '' ORDER BY proforma_id, position"""
Rows = Sequence[tuple[BankBooking, Decision]]


@contextmanager
def much_at_once() -> Iterator[None]:
    """A large statement makes hundreds of thousands of objects that live until its end: the collector would look over all of them
    again and again for nothing, a third of the time. What is not a cycle goes meanwhile as always."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def decide(bookings: Sequence[Booking]) -> list[Decision]:
    """With all open proformas, those that the bookings name, and the IBANs that their customers have paid from."""
    named = {int(text) for each in bookings for text in numbers(each.symbol, each.end_to_end, each.text)}
    rows = Proforma.objects.filter(Q(state=Proforma.OPEN) | Q(pk__in=named)).values_list(
        "number", "customer_id", "net", "vat", "currency", "state", "received", "customer__name"
    )
    proformas, names = [], dict[int, str]()
    for number, customer, net, vat, currency, state, received, name in rows.iterator(20_000):
        proformas.append(matching.Proforma(number, customer, str(number), net + vat, currency, state, received))
        names[customer] = name
    ibans = dict[int, set[str]]()
    for customer, iban in Payment.objects.exclude(iban="").values_list("customer_id", "iban").distinct():
        ibans.setdefault(customer, set()).add(iban)
    payers = [matching.Payer(customer, name, frozenset(ibans.get(customer, ()))) for customer, name in names.items()]
    return matching.match(bookings, proformas, payers)


def carry_out(rows: Rows, at: datetime) -> None:
    """Each decision's payment, allocation and postings, and what is fully paid is settled."""
    paid = [(row, each) for row, each in rows if each.customer is not None]
    payments = Payment.objects.bulk_create(payment(row, each.customer or 0, at) for row, each in paid)
    books.post([_received(row, each) for row, each in rows if each.outcome is not Outcome.OUTGOING], at)
    allocate([(made, each) for made, (_, each) in zip(payments, paid, strict=True) if each.allocated])
    for _, each in paid:
        if each.outcome is Outcome.REVERSAL:
            _take_back(each)
    Case.objects.bulk_create(
        Case(booking=row, customer_id=each.customer, proforma_id=each.proforma, why=each.outcome, opened=at)
        for row, each in rows
        if each.outcome in CASES
    )
    touched = {each.proforma for _, each in paid if each.proforma}
    count_received(touched)
    whole = Proforma.objects.filter(pk__in=touched, received=F("net") + F("vat"))
    settle(list(whole.values_list("pk", flat=True)), at)


def payment(row: BankBooking, customer: int, at: datetime) -> Payment:
    way = Payment.CARD if row.network else Payment.BANK
    return Payment(
        booking=row, customer_id=customer, units=row.units, currency=row.currency, way=way, iban=row.iban, at=at
    )


def _received(row: BankBooking, decision: Decision) -> Said:
    booking = decision.booking
    kind: ledger.Kind = "cards" if row.network else "bank"
    entries = ledger.received(booking.account, booking.currency, decision.customer, booking.units, kind)
    return Said("received", f"booking:{row.pk}", entries)


def allocate(made: Sequence[tuple[Payment, Decision]]) -> None:
    Allocation.objects.bulk_create(
        Allocation(payment=payment, proforma_id=each.proforma, units=each.allocated)
        for payment, each in made
        if each.proforma is not None
    )


def _take_back(decision: Decision) -> None:
    """What was held for a proforma that is still open is missing again. What was settled stays: that is for support."""
    held = Allocation.objects.filter(proforma=decision.proforma, proforma__state=Proforma.OPEN, released=False)
    same = held.filter(units=-decision.credit).values_list("pk", flat=True)[:1]
    Allocation.objects.filter(pk__in=list(same) or list(held.values_list("pk", flat=True))).update(released=True)


def count_received(proformas: Iterable[int]) -> None:
    """Anew from the allocations; money that is held no longer stays the customer's credit."""
    held = Allocation.objects.filter(proforma=OuterRef("pk"), released=False).values("proforma")
    sums = held.annotate(sum=Sum("units")).values("sum")
    Proforma.objects.filter(pk__in=list(proformas), state=Proforma.OPEN).update(received=Coalesce(Subquery(sums), 0))


def settle(proformas: Sequence[int], at: datetime) -> None:
    """Out of the customers' credit: a receipt each, and an event for each line of a service. Unique keys hold it to once."""
    rows = list(Proforma.objects.filter(pk__in=proformas, state=Proforma.OPEN).order_by("number").select_for_update(no_key=True))  # fmt: skip
    if not rows:
        return
    books.post([Said("settled", f"proforma:{row.pk}", ledger.settled(row.currency, row.customer_id, row.net, row.vat)) for row in rows], at)  # fmt: skip
    numbered = zip(receipt_numbers(len(rows), at), rows, strict=True)
    Receipt.objects.bulk_create(Receipt(number=number, proforma=row, issued=at) for number, row in numbered)
    with connection.cursor() as cursor:
        cursor.execute(SETTLED, [at, [row.pk for row in rows]])
    Proforma.objects.filter(pk__in=[row.pk for row in rows]).update(state=Proforma.PAID, ended=at)


def receipt_numbers(count: int, at: datetime) -> list[str]:
    """Of the year's one series."""
    return [f"{at.year}-{number:06d}" for number in books.take(f"receipts {at.year}", count)]
