"""What is paid by uploaded statements, in the database: each wrong payment, repetition, order, and what the database refuses."""

import base64
import gc
import threading
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.committing import committed
from tests.house import House, settle

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.billing import books
from gasthof.slices.billing.models import (
    Allocation,
    BankBooking,
    Case,
    Entry,
    LedgerAccount,
    Payment,
    Posting,
    Proforma,
    Receipt,
    Settled,
)  # fmt: skip
from gasthof.slices.billing.tests.examples import issue, upload
from gasthof.slices.billing.tests.statements import Line, camt, mt940

__all__ = ["committed"]  # fixture
DOMAIN = "bäckerei-müller.test"


@pytest.fixture
def house(db: None) -> House:
    return settle()


def paid(number: int, cents: int = 11_900, **more: Any) -> Line:
    return Line(cents, f"VS:{number}", iban="", **more)


def customer(house: House) -> int:
    return house.baker.customer or 0


def credit(house: House, currency: str = "EUR") -> int:
    return books.credit(customer(house), currency)


def state(number: int) -> str:
    return Proforma.objects.get(pk=number).state


def check() -> None:
    """What always holds."""
    sums = Entry.objects.values("posting").annotate(sum=Sum("units")).values_list("sum", flat=True)
    assert set(sums) <= {0}
    for payment in Payment.objects.all():
        given_ = payment.allocations.filter(released=False).aggregate(sum=Sum("units"))["sum"] or 0
        assert given_ <= max(0, payment.units)
    settled = set(Settled.objects.values_list("line__proforma", flat=True))
    assert settled == set(Proforma.objects.filter(state="paid").values_list("pk", flat=True))
    assert Receipt.objects.count() == len(settled)
    numbers = sorted(int(number.partition("-")[2]) for number in Receipt.objects.values_list("number", flat=True))
    assert not numbers or numbers[-1] <= len(numbers) + Posting.objects.filter(what="refunded").count()


def test_exact(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    told = upload(house, mt940([paid(number)]))
    assert told["new"] == 1 and told["outcomes"]["exact"] == 1
    assert state(number) == "paid" and credit(house) == 0
    (event,) = Settled.objects.all()
    assert (event.service, str(event.valid_from), str(event.valid_until)) == (
        f"hosting-{DOMAIN}",
        "2026-12-01",
        "2027-11-30",
    )
    assert Receipt.objects.get().number.endswith("-000001")
    revenue, tax = (
        -Entry.objects.filter(account__kind=kind).aggregate(sum=Sum("units"))["sum"] for kind in ("revenue", "vat")
    )
    assert (revenue, tax) == (10_000, 1_900)
    check()


def test_overpaid(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number, 12_000)]))
    assert state(number) == "paid" and credit(house) == 100
    check()


def test_underpaid_and_then_the_rest(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number, 10_000)]))
    assert state(number) == "open" and credit(house) == 10_000 and not Settled.objects.exists()
    upload(house, camt([paid(number, 1_900)]))
    assert state(number) == "paid" and credit(house) == 0
    check()


def test_paid_twice(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number), paid(number)]))
    assert state(number) == "paid" and credit(house) == 11_900 and Settled.objects.count() == 1
    check()


def test_paid_for_a_cancelled_one_is_credit_and_a_case_and_renews_nothing(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    house.run("billing.cancel", proforma=number)
    upload(house, mt940([paid(number)]))
    assert state(number) == "cancelled" and credit(house) == 11_900
    assert not Settled.objects.exists() and not Allocation.objects.exists()
    assert Case.objects.get().why == "cancelled"
    check()


def test_another_currency(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number)], currency="CZK"))
    assert state(number) == "open" and credit(house) == 0 and credit(house, "CZK") == 11_900
    assert Case.objects.get().why == "other currency"
    check()


def test_a_reversal_is_a_debt_and_a_case(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number)]))
    upload(house, mt940([paid(number, -11_900, reversal=True)], opening=111_900))
    assert state(number) == "paid" and credit(house) == -11_900
    assert Case.objects.get().why == "reversal"
    check()


def test_a_reversal_of_a_part_makes_it_missing_again(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number, 5_000), paid(number, -5_000, reversal=True), paid(number, 6_900)]))
    assert state(number) == "open" and Proforma.objects.get().received == 6_900 and credit(house) == 6_900
    check()


def test_paid_and_taken_back_in_one_statement_settles_nothing(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number), paid(number, -11_900, reversal=True)]))
    assert state(number) == "open" and credit(house) == 0 and not Settled.objects.exists()
    check()


def test_what_nobody_knows_waits_for_staff(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([Line(11_900, "Danke", name="Oma Erna", iban="")]))
    booking = BankBooking.objects.get(waits=True)
    assert [proposal[0] for proposal in booking.proposals] == [number] and state(number) == "open"
    house.run("billing.accept_proposal", booking=booking.pk, proforma=number)
    assert state(number) == "paid" and credit(house) == 0
    with pytest.raises(ActionRefused, match="waits for nobody"):
        house.run("billing.accept_proposal", booking=booking.pk, proforma=number)
    check()


def test_a_reissued_one_has_the_fee_and_ends_the_old(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number, 5_000)]))
    new = house.run("billing.reissue", proforma=number, fee=2_000, title="Gebühr", valid_until="2999-12-31").result
    assert (state(number), new["total"], new["replaces"], new["received"]) == ("cancelled", 14_280, number, 0)
    upload(house, mt940([paid(new["proforma"], 14_280)], number="2"))
    assert [each.service for each in Settled.objects.all()] == [f"hosting-{DOMAIN}"] and credit(house) == 5_000
    check()


def test_a_later_fee_takes_the_place_of_the_one_before(house: House) -> None:
    number, total = issue(house, customer(house), DOMAIN), 0
    for fee in (2_000, 3_000, 0):
        fields = {"fee": fee, "title": "Gebühr für Wiederherstellung", "valid_until": "2999-12-31"}
        new = house.run("billing.reissue", proforma=number, **fields).result
        number, total = int(str(new["proforma"])), int(str(new["total"]))
        assert total == 11_900 + fee * 119 // 100
    check()


def test_credit_pays_and_is_given_back(house: House) -> None:
    first, second = (issue(house, customer(house), DOMAIN) for _ in range(2))
    with pytest.raises(ActionRefused, match="not enough"):
        house.run("billing.pay_from_credit", proforma=second)
    upload(house, mt940([paid(first), paid(first)]))
    house.run("billing.pay_from_credit", proforma=second)
    assert state(second) == "paid" and credit(house) == 0
    house.run("billing.refund_to_credit", proforma=first)
    assert credit(house) == 11_900
    with pytest.raises(ActionRefused, match="already"):
        house.run("billing.refund_to_credit", proforma=first)
    check()


def test_what_is_held_for_one_pays_no_other(house: House) -> None:
    first, second = (issue(house, customer(house), DOMAIN) for _ in range(2))
    upload(house, mt940([paid(first, 11_800)]))
    assert credit(house) == 11_800
    with pytest.raises(ActionRefused, match="not enough"):
        house.run("billing.pay_from_credit", proforma=second)


def outcome() -> tuple[object, ...]:
    """Without what depends on the order by nature: numbers of rows, and which booking was the first."""
    check()
    sums = LedgerAccount.objects.annotate(sum=Sum("entries__units")).values_list("kind", "currency", "sum")
    states = tuple(Proforma.objects.order_by("pk").values_list("state", "received"))
    return states, Counter(sums), BankBooking.objects.count(), Settled.objects.count()


@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from([5_000, 6_900, 11_900])), min_size=1, max_size=3), st.data()
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_of_uploads_ends_the_same(
    house: House, payments: list[tuple[int, int]], data: st.DataObject
) -> None:
    found = set()
    orders = list(permutations(range(len(payments))))
    for order in (orders[0], data.draw(st.sampled_from(orders))):
        with transaction.atomic():
            numbers = [issue(house, customer(house), DOMAIN) for _ in range(2)]
            files = [
                mt940([paid(numbers[which], cents, bank_id=f"B{nth}")], number=str(nth))
                for nth, (which, cents) in enumerate(payments)
            ]
            for nth in [*order, *order[::-1]]:
                upload(house, files[nth])
            ended = outcome()
            found.add((ended[0], frozenset(ended[1].items()), *ended[2:]))
            transaction.set_rollback(True)
    assert len(found) == 1


def test_a_statement_that_overlaps_brings_only_what_is_new(house: House) -> None:
    numbers = [issue(house, customer(house), DOMAIN) for _ in range(3)]
    assert upload(house, mt940([paid(numbers[0]), paid(numbers[1])]))["new"] == 2
    assert upload(house, mt940([paid(numbers[0]), paid(numbers[1])]))["new"] == 0
    assert upload(house, mt940([paid(numbers[1]), paid(numbers[2])], opening=111_900))["new"] == 1
    assert [state(number) for number in numbers] == ["paid"] * 3 and credit(house) == 0
    check()


def test_a_file_that_cannot_be_read_changes_nothing_and_says_where(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    wrong = mt940([paid(number)]).replace("C119,00N", "X119,00N")
    with pytest.raises(ActionRefused, match="file: Line 5"):
        upload(house, wrong)
    assert state(number) == "open" and not BankBooking.objects.exists() and gc.isenabled()


def refused(sql: str, *values: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except DatabaseError:
        return True
    return False


def test_the_database_refuses_what_does_not_balance(house: House) -> None:
    upload(house, mt940([paid(issue(house, customer(house), DOMAIN))]))
    one = Entry.objects.all()[0]
    into = "INSERT INTO billing_entry (posting_id, account_id, currency, units) VALUES"
    new = Posting.objects.create(what="x", about="x", at=Payment.objects.get().at)
    assert refused(f"{into} (%s, %s, 'EUR', 1)", new.pk, one.account_id)
    assert refused(f"{into} (%s, %s, 'CZK', 1), (%s, %s, 'CZK', -1)", *[new.pk, one.account_id] * 2)
    assert not refused(f"{into} (%s, %s, 'EUR', 1), (%s, %s, 'EUR', -1)", *[new.pk, one.account_id] * 2)
    for table in ("entry", "posting", "receipt", "settled"):
        assert refused(f"DELETE FROM billing_{table}") and refused(f"UPDATE billing_{table} SET id = id")


def test_the_database_refuses_to_allocate_above_the_payment(house: House) -> None:
    number = issue(house, customer(house), DOMAIN)
    upload(house, mt940([paid(number, 5_000)]))
    into = "INSERT INTO billing_allocation (payment_id, proforma_id, units, released) VALUES (%s, %s, 1, false)"
    assert refused(into, Payment.objects.get().pk, number)
    assert refused("UPDATE billing_allocation SET units = 5001")
    assert not refused("UPDATE billing_allocation SET released = true") and not refused(
        into, Payment.objects.get().pk, number
    )


@pytest.mark.long
def test_numbers_have_no_gap_and_nothing_is_settled_twice_under_concurrency(committed: None) -> None:
    """Real transactions: each thread uploads all payments, in its own order, and one number is given back by a rollback."""
    house = settle()
    numbers = [issue(house, customer(house), DOMAIN) for _ in range(6)]
    texts = [mt940([paid(number, bank_id=f"B{number}")], number=str(number)) for number in numbers]
    start, errors = threading.Barrier(4), list[BaseException]()

    def work(turn: int) -> None:
        try:
            start.wait(30)
            for text in texts[turn:] + texts[:turn]:
                house.run("billing.upload_statement", file=base64.b64encode(text.encode()).decode())
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        assert list(books.take("receipts 2026", 3)) == [1, 2, 3]
        transaction.set_rollback(True)
    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    found = sorted(int(number.partition("-")[2]) for number in Receipt.objects.values_list("number", flat=True))
    assert found == [1, 2, 3, 4, 5, 6] and Settled.objects.count() == 6 and credit(house) == 0
    check()
