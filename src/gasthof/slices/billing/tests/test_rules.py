"""VAT that agrees with itself, postings that sum to zero, payment codes that can be read back."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules import ledger, payment_codes, vat
from gasthof.slices.billing.rules.money import Money
from gasthof.slices.billing.rules.payment_codes import Order
from gasthof.slices.billing.tests.statements import OWN

LINES = st.lists(
    st.builds(vat.Taxable, st.integers(-10**9, 10**9), st.sampled_from(sorted(vat.RATES)), st.sampled_from([0, 700, 1900, 2100])),
    max_size=12,
)  # fmt: skip
ORDER = Order("Gasthof Köln GmbH", OWN, Money(11_900, "EUR"), "2026000017", "Webhosting bäckerei-müller.test * 50 %")


@given(LINES)
def test_vat_by_line_and_by_category_agree(lines: list[vat.Taxable]) -> None:
    shares, sums = vat.by_line(lines), vat.sums(lines)
    for each in sums:
        mine = [
            share
            for share, line in zip(shares, lines, strict=True)
            if (line.category, line.rate) == (each.category, each.rate)
        ]
        assert sum(mine) == each.vat
        assert abs(each.vat * 10_000 - each.net * each.rate) <= 5_000
    for share, line in zip(shares, lines, strict=True):
        assert abs(share * 10_000 - line.net * line.rate) < 20_000
    assert sum(each.net for each in sums) == sum(line.net for line in lines)


def test_half_a_cent_goes_up_away_from_zero() -> None:
    assert [vat.of(net, 1900) for net in (50, -50, 49)] == [10, -10, 9]


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from([None, 7]))
def test_every_posting_sums_to_zero(units: int, net: int, tax: int, customer: int | None) -> None:
    made = (
        ledger.received(OWN, "EUR", customer, units), ledger.assigned("EUR", 7, units),
        ledger.settled("EUR", 7, net, tax), ledger.refunded("EUR", 7, net, tax),
    )  # fmt: skip
    assert [sum(entry.units for entry in posting) for posting in made] == [0, 0, 0, 0]


def test_what_does_not_balance_is_no_posting() -> None:
    bank, credit = ledger.Account("bank", "EUR"), ledger.Account("revenue", "CZK")
    for entries in ((ledger.Entry(bank, 1),), (ledger.Entry(bank, 1), ledger.Entry(credit, -1)), ()):
        with pytest.raises(ValueError, match="not a posting"):
            ledger.balanced(*entries)


def test_epc_is_read_back() -> None:
    lines = payment_codes.epc(ORDER).split("\n")
    assert lines[:8] == ["BCD", "002", "1", "SCT", "", "Gasthof Köln GmbH", OWN, "EUR119.00"]
    assert lines[8:] == ["", "", "VS2026000017 Webhosting bäckerei-müller.test * 50 %"]
    assert len(payment_codes.epc(ORDER).encode()) <= 331


def test_epc_is_for_euro_only() -> None:
    with pytest.raises(Refused):
        payment_codes.epc(Order("x", OWN, Money(100, "CZK"), "1"))


@given(st.text(max_size=80), st.integers(1, 10**9), st.sampled_from(["EUR", "CZK"]))
def test_spayd_is_read_back(text: str, units: int, currency: str) -> None:
    said = payment_codes.spayd(Order("x", OWN, Money(units, currency), "2026000017", text, "COBADEFFXXX"))
    first, version, *fields = said.split("*")
    assert (first, version) == ("SPD", "1.0") and said.isascii()
    found = {name: unquote(value) for name, _, value in (field.partition(":") for field in fields)}
    assert (found["ACC"], found["CC"], found["X-VS"]) == (f"{OWN}+COBADEFFXXX", currency, "2026000017")
    assert found["AM"] == Money(units, currency).number and set(found) <= {"ACC", "CC", "AM", "X-VS", "MSG"}


def test_spayd_keeps_the_sign_that_separates_out_of_its_values() -> None:
    message = payment_codes.spayd(ORDER).split("*MSG:")[1]
    assert message == "WEBHOSTING BACKEREI-MULLER.TEST %2A 50 %25"


def test_the_picture_is_svg_of_its_own() -> None:
    drawn = payment_codes.picture(payment_codes.epc(ORDER))
    assert drawn.startswith("<svg") and "<path" in drawn and "href" not in drawn
