"""From the button to the settled proforma, whatever is lost, late, twice or killed; and what must settle nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.deaths import each_statement
from tests.house import House, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.slices.billing.models import BankBooking, Case, Entry, Payment, Proforma, Receipt, Settled
from gasthof.slices.billing.tests.examples import issue
from gasthof.slices.billing.tests.test_billing import check
from gasthof.slices.cards.driver import Payment as Told
from gasthof.slices.cards.following import due, follow
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cards.recording import record
from gasthof.slices.cards.telling import take
from gasthof.slices.cards.tests.network import Direct

DOMAIN = "bäckerei-müller.test"


class Till:
    def __init__(self, house: House, network: Direct) -> None:
        self.house, self.network = house, network
        self.proforma = issue(house, house.baker.customer or 0, DOMAIN)

    def begin(self) -> CardPayment:
        done = perform(self.house.baker, "cards.begin", {"proforma": self.proforma}, self.network.clocks).result
        return CardPayment.objects.get(pk=done["card_payment"])

    def ask(self, row: CardPayment) -> CardPayment:
        follow(row.pk, self.network, self.network.clocks)
        row.refresh_from_db()
        return row

    def begun(self) -> CardPayment:
        return self.ask(self.begin())

    def tell(self) -> list[str]:
        """All that the network has to tell, and what was answered."""
        said = []
        for event in self.network.told():
            said.append(take(self.network, self.network.sign(event.body), event.body, self.network.clocks))
            self.network.store.answered(event, taken=said[-1] == "taken")
        return said

    def state(self) -> str:
        return Proforma.objects.get(pk=self.proforma).state


@pytest.fixture
def till(db: None, tmp_path: Path) -> Iterator[Till]:
    yield Till(settle(), Direct(tmp_path))


def owed_by_networks() -> int:
    return Entry.objects.filter(account__kind="cards").aggregate(sum=Sum("units"))["sum"] or 0


def test_paid_it_is_settled_with_a_receipt(till: Till) -> None:
    row = till.begun()
    assert (row.state, row.units) == ("open", 11_900) and row.address.startswith("http://localhost:8450/pay/")
    till.network.choose(row.operation, "pay")
    assert till.tell() == ["taken"]
    row.refresh_from_db()
    assert (row.state, row.outcome, till.state()) == ("paid", "exact", "paid")
    assert Settled.objects.count() == Receipt.objects.count() == 1 and owed_by_networks() == 11_900
    assert Payment.objects.get().way == "card"
    assert till.tell() == []
    check()


def test_the_same_payment_is_gone_on_with_and_another_amount_is_another_one(till: Till) -> None:
    row = till.begun()
    assert till.begin() == row
    fields = {"proforma": till.proforma, "network": "anderes", "reference": "ö-1", "units": 1_900, "currency": "EUR"}
    perform(SYSTEM, "billing.receive", fields)
    with pytest.raises(NotAllowed):
        till.house.run("billing.receive", **fields)
    other = till.begun()
    assert (other.units, other.current, CardPayment.objects.get(pk=row.pk).current) == (10_000, True, False)
    for each in (row, other):
        till.network.choose(each.operation, "pay")
    assert till.tell() == ["taken", "taken"]
    outcomes = [CardPayment.objects.get(pk=each.pk).outcome for each in (row, other)]
    assert outcomes == ["overpaid", "paid twice"] and till.state() == "paid"
    check()


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_id(till: Till) -> None:
    row = till.begin()
    till.network.lost = 2
    assert [till.ask(row).number for _ in range(3)] == ["", "", row.number] and row.number
    assert till.network.store.find(row.operation) is not None
    till.network.choose(row.operation, "lose")
    assert till.tell() == []
    till.network.lost = 1
    assert till.ask(row).state == "open" and due(till.network.clock.at) == []
    till.network.later(minutes=1)
    assert due(till.network.clock.at) == [row.pk]
    assert (till.ask(row).state, till.state()) == ("paid", "paid")
    check()


def test_refused_it_can_be_tried_again(till: Till) -> None:
    row = till.begun()
    till.network.choose(row.operation, "refuse")
    till.tell()
    row.refresh_from_db()
    assert (row.state, till.state(), row.words) == ("refused", "open", "Declined by the issuer.")
    assert till.begun() != row


def test_pending_it_is_paid_later(till: Till) -> None:
    row = till.begun()
    till.network.choose(row.operation, "later")
    till.tell()
    assert till.ask(row).state == "pending" and till.state() == "open"
    till.network.later(seconds=21)
    assert till.tell() == ["taken"] and till.state() == "paid"


def test_nobody_paid_within_an_hour(till: Till) -> None:
    row = till.begun()
    till.network.later(hours=1, seconds=1)
    assert till.ask(row).state == "refused" and row.due is None


@pytest.mark.parametrize("why", ["cancelled", "expired"])
def test_paid_for_what_is_not_valid_any_more_is_credit_and_a_case(till: Till, why: str) -> None:
    row = till.begun()
    till.house.run("billing.cancel", proforma=till.proforma, why=why)
    till.network.choose(row.operation, "pay")
    assert till.tell() == ["taken"]
    row.refresh_from_db()
    assert (row.outcome, till.state(), Case.objects.get().why) == ("cancelled", why, "cancelled")
    assert not Settled.objects.exists()
    check()
    with pytest.raises(ActionRefused, match="not to be paid any more"):
        till.begin()


def test_another_currency_is_believed_when_the_network_is_asked(till: Till) -> None:
    row = till.begun()
    record(row.pk, Told(row.number, row.operation, str(till.proforma), "paid", 11_900, "CZK"), till.network.clocks)
    row.refresh_from_db()
    assert (row.outcome, till.state(), Case.objects.get().why) == ("other currency", "open", "other currency")
    check()


@pytest.mark.parametrize("choice", ["refund", "charge back"])
def test_taken_back_it_is_a_debt_and_a_case_in_whichever_order_it_is_told(till: Till, choice: str) -> None:
    row = till.begun()
    till.network.choose(row.operation, "pay")
    till.network.choose(row.operation, choice)  # type: ignore[arg-type]
    events = till.network.told()
    for event in reversed(events):
        assert take(till.network, till.network.sign(event.body), event.body, till.network.clocks) == "taken"
    assert till.state() == "paid" and Case.objects.get().why == "reversal"
    assert owed_by_networks() == 0 and BankBooking.objects.count() == 2
    check()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["ask", 0, 0, 1, 1, "ask"]), st.integers(0, 6))
def test_any_order_repetition_and_loss_of_what_is_told_ends_the_same(
    till: Till, order: list[object], lost: int
) -> None:
    with transaction.atomic():
        row = till.begun()
        till.network.choose(row.operation, "pay")
        till.network.choose(row.operation, "charge back")
        events = till.network.told()[-2:]
        for step in order[lost:]:
            if isinstance(step, int):
                till.network.later(seconds=1)
                take(till.network, till.network.sign(events[step].body), events[step].body, till.network.clocks)
            else:
                till.ask(row)
        assert till.ask(row).state == "charged back" and till.state() == "paid"
        assert BankBooking.objects.count() == 2 and owed_by_networks() == 0 and Settled.objects.count() == 1
        check()
        transaction.set_rollback(True)


def test_killed_before_any_statement_it_is_paid_once(till: Till) -> None:
    row = till.begin()
    assert each_statement(lambda: till.ask(row)) > 3
    till.network.choose(row.operation, "pay")
    (event,) = till.network.told()
    said = []
    assert each_statement(lambda: said.append(take(till.network, till.network.sign(event.body), event.body, till.network.clocks))) > 20  # fmt: skip
    assert said == ["taken"] and till.state() == "paid"
    assert BankBooking.objects.count() == Payment.objects.count() == Receipt.objects.count() == 1
    assert each_statement(lambda: till.ask(row)) > 1
    assert BankBooking.objects.count() == 1
    check()


def test_killed_at_the_charge_back_it_is_taken_back_once(till: Till) -> None:
    row = till.begun()
    till.network.choose(row.operation, "pay")
    till.network.choose(row.operation, "charge back")
    assert each_statement(lambda: till.ask(row)) > 30
    assert owed_by_networks() == 0 and Case.objects.count() == 1
    check()


def test_what_is_told_twice_to_billing_is_one_booking(till: Till) -> None:
    fields = {"proforma": till.proforma, "network": "netz", "reference": "ä-1", "units": 11_900, "currency": "EUR"}
    first, second = (perform(SYSTEM, "billing.receive", fields).result for _ in range(2))
    assert first["booking"] == second["booking"] and Payment.objects.count() == 1
    with pytest.raises(ActionRefused, match="too long"):
        perform(SYSTEM, "billing.receive", fields | {"network": "ö" * 61})


def test_without_a_network_cards_are_not_taken(till: Till, settings: object) -> None:
    settings.CARD_NETWORK = ""  # type: ignore[attr-defined]
    with pytest.raises(ActionRefused, match="not taken here"):
        till.begin()
