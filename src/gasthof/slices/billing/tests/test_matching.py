"""Each wrong payment has one right answer, and what is weak is only proposed."""

import time
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.billing.rules.booking import Booking
from gasthof.slices.billing.rules.matching import Decision, Outcome, Payer, Proforma, match
from gasthof.slices.billing.tests.statements import BAKER, GARDENER, OWN

DAY = date(2026, 11, 27)
OPEN = Proforma(1, 7, "2026000017", 11_900, "EUR")
OTHERS = Proforma(2, 8, "2026000018", 11_900, "EUR")
PAYERS = [Payer(7, "Bäckerei Müller", frozenset({BAKER})), Payer(8, "Gärtnerei Grün GmbH", frozenset({GARDENER}))]
PAID = Booking(OWN, DAY, DAY, 11_900, "EUR", "Baeckerei Mueller", BAKER, "2026000017", text="VS:2026000017")


def one(booking: Booking, *proformas: Proforma) -> Decision:
    (decision,) = match([booking], proformas or (OPEN, OTHERS), PAYERS)
    return decision


def told(decision: Decision) -> tuple[object, ...]:
    return decision.outcome, decision.proforma, decision.customer, decision.allocated, decision.credit, decision.missing


def test_exact() -> None:
    assert told(one(PAID)) == (Outcome.EXACT, 1, 7, 11_900, 0, 0)


def test_the_symbol_in_the_text_and_the_amount_are_enough() -> None:
    stranger = replace(PAID, symbol="", name="Oma Erna", iban="", text="Rechnung 2026000017 vom 1.11.2026")
    assert told(one(stranger)) == (Outcome.EXACT, 1, 7, 11_900, 0, 0)


def test_overpaid_leaves_the_rest_as_credit() -> None:
    assert told(one(replace(PAID, units=12_000))) == (Outcome.OVERPAID, 1, 7, 11_900, 100, 0)


def test_underpaid_leaves_the_proforma_open_and_says_what_is_missing() -> None:
    assert told(one(replace(PAID, units=10_000))) == (Outcome.UNDERPAID, 1, 7, 10_000, 0, 1_900)


def test_the_second_part_pays_the_rest() -> None:
    parts = [replace(PAID, units=10_000), replace(PAID, units=1_900)]
    assert [told(each) for each in match(parts, [OPEN], PAYERS)][1] == (Outcome.EXACT, 1, 7, 1_900, 0, 0)


def test_paid_twice_is_credit() -> None:
    assert told(one(PAID, replace(OPEN, state="paid"))) == (Outcome.TWICE, 1, 7, 0, 11_900, 0)
    assert [each.outcome for each in match([PAID, PAID], [OPEN], PAYERS)] == [Outcome.EXACT, Outcome.TWICE]


def test_paid_for_a_cancelled_or_expired_proforma_renews_nothing() -> None:
    for state in ("cancelled", "expired"):
        assert told(one(PAID, replace(OPEN, state=state))) == (Outcome.CANCELLED, 1, 7, 0, 11_900, 0)


def test_another_currency() -> None:
    assert told(one(replace(PAID, currency="CZK"))) == (Outcome.CURRENCY, 1, 7, 0, 11_900, 11_900)


def test_a_reversal_names_whose_payment_was_taken_back() -> None:
    back = replace(PAID, units=-11_900, reversal=True)
    assert told(one(back, replace(OPEN, state="paid"))) == (Outcome.REVERSAL, 1, 7, 0, -11_900, 0)
    assert told(one(replace(back, symbol="", text="Rücklastschrift"))) == (Outcome.REVERSAL, None, None, 0, 0, 0)


def test_what_the_house_pays_is_no_payment() -> None:
    assert told(one(replace(PAID, units=-11_900))) == (Outcome.OUTGOING, None, None, 0, 0, 0)


def test_one_mark_alone_is_only_proposed() -> None:
    symbol_alone = one(replace(PAID, units=5_000, name="Oma Erna", iban=""))
    assert symbol_alone.outcome is Outcome.UNKNOWN and symbol_alone.proposals[0].reasons == ("symbol",)
    no_symbol = one(replace(PAID, symbol="", text="Danke 4711", iban=""))
    assert no_symbol.outcome is Outcome.UNKNOWN
    assert [(each.proforma, each.reasons) for each in no_symbol.proposals] == [
        (1, ("amount", "name")),
        (2, ("amount",)),
    ]


def test_iban_and_amount_decide_where_there_is_only_one_such_proforma() -> None:
    silent = replace(PAID, symbol="", text="Danke")
    assert one(silent).outcome is Outcome.EXACT
    assert one(silent, OPEN, replace(OPEN, key=3, symbol="2026000019")).outcome is Outcome.UNKNOWN


def test_a_slip_of_one_digit_is_proposed_and_never_taken() -> None:
    for slip in ("2026000071", "2026000027"):
        found = one(replace(PAID, symbol=slip, iban="", name="Oma Erna"), OPEN)
        assert found.outcome is Outcome.UNKNOWN and found.proposals[0].reasons == ("amount", "similar symbol")


def test_two_symbols_in_one_payment_are_left_to_staff() -> None:
    both = replace(PAID, symbol="", text="2026000017 2026000018")
    assert one(both).outcome is Outcome.UNKNOWN and len(one(both).proposals) == 2


PROFORMAS = st.lists(
    st.builds(
        Proforma, st.integers(1, 6), st.integers(7, 8), st.just(""), st.integers(1, 500), st.sampled_from(["EUR", "CZK"]),
        st.sampled_from(["open", "open", "paid", "cancelled", "expired"]),
    ), unique_by=lambda each: each.key,
).map(lambda found: [replace(each, symbol=str(1000 + each.key)) for each in found])  # fmt: skip
BOOKINGS = st.lists(
    st.builds(
        Booking, st.just(OWN), st.just(DAY), st.just(DAY), st.integers(-500, 1_000), st.sampled_from(["EUR", "CZK"]),
        name=st.sampled_from(["Bäckerei Müller", "Gärtnerei Grün", ""]), iban=st.sampled_from([BAKER, GARDENER, ""]),
        symbol=st.sampled_from(["1001", "1002", "1003", "1004", ""]), text=st.sampled_from(["1001", "1005 1006", "Danke"]),
        reversal=st.booleans(),
    )
)  # fmt: skip


@given(BOOKINGS, PROFORMAS)
def test_nothing_is_allocated_above_payment_or_proforma(bookings: list[Booking], proformas: list[Proforma]) -> None:
    decisions = match(bookings, proformas, PAYERS)
    assert [each.booking for each in decisions] == bookings
    for each in decisions:
        assert 0 <= each.allocated <= max(0, each.booking.units)
        assert each.allocated + each.credit in (0, each.booking.units)
        assert (each.allocated == 0) or each.outcome in (Outcome.EXACT, Outcome.OVERPAID, Outcome.UNDERPAID)
    for proforma in proformas:
        given_ = sum(each.allocated for each in decisions if each.proforma == proforma.key)
        assert given_ <= (proforma.total if proforma.state == "open" else 0)
        settled = [each for each in decisions if each.proforma == proforma.key and each.allocated and not each.missing]
        assert len(settled) == (1 if given_ == proforma.total else 0)


def test_many_are_compared_with_many_in_seconds() -> None:
    """A comparison of each with each would take minutes."""

    def took(proformas: int) -> float:
        open_ = [Proforma(key, key, str(10**6 + key), 1_190 * (1 + key % 9), "EUR") for key in range(proformas)]
        payers = [Payer(key, f"Köchin {key} Müller") for key in range(proformas)]
        bookings = [
            replace(PAID, symbol="", text=f"Danke {10**6 + key * 3}", units=1_190 * (1 + key * 3 % 9), iban="")
            for key in range(2_000)
        ]
        start = time.process_time()
        match(bookings, open_, payers)
        return time.process_time() - start

    assert took(20_000) < 5
