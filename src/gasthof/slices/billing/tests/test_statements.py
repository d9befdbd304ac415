"""Bank statements: both formats say the same, what is wrong is refused with its place, encodings as banks send them."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules import money, mt940, reading, references
from gasthof.slices.billing.rules.booking import Booking, fingerprints
from gasthof.slices.billing.tests.statements import BAKER, CAMT, OWN, Line, amount, camt, details
from gasthof.slices.billing.tests.statements import mt940 as mt940_of

PAID = Line(11_900, "Rechnung VS: 2026000017 Webhosting bäckerei-müller.test", end_to_end="E2E-1", bank_id="B1")
TEXT = st.text("abc xyzäöüčř.-0123456789", min_size=1, max_size=60).map(str.strip).filter(bool)
LINES = st.lists(st.builds(Line, st.integers(-(10**9), 10**9).filter(bool), TEXT), max_size=8)
VERSIONS = ("02", "04", "06", "08", "12")


def only(content: str, encoding: str = "utf-8") -> Booking:
    (statement,) = reading.read(content.encode(encoding))
    (booking,) = statement.bookings
    return booking


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "cp1250", "iso8859-2", "cp850"])
def test_mt940_in_the_encodings_of_banks(encoding: str) -> None:
    found = only(mt940_of([PAID]), encoding)
    assert (found.account, found.units, found.currency, found.booked) == (OWN, 11_900, "EUR", date(2026, 11, 27))
    assert (found.name, found.iban, found.symbol, found.end_to_end, found.bank_id) == ("Bäckerei Müller", BAKER, "2026000017", "E2E-1", "B1")  # fmt: skip
    assert found.text == PAID.text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1250", "cp852", "iso8859-2"])
def test_czech_letters(encoding: str) -> None:
    assert only(mt940_of([Line(100, "Žluťoučký kůň", name="Pekařství Dvořák")]), encoding).name == "Pekařství Dvořák"


@pytest.mark.parametrize("version", VERSIONS)
def test_camt_in_its_versions_says_the_same_as_mt940(version: str) -> None:
    assert only(camt([PAID], version=version)) == only(mt940_of([PAID]))


@pytest.mark.parametrize("made", [mt940_of, camt])
def test_a_reversal_is_known_as_one(made) -> None:
    found = only(made([Line(-11_900, "VS 2026000017", reversal=True)]))
    assert (found.units, found.reversal, found.symbol, found.iban) == (-11_900, True, "2026000017", BAKER)


def test_a_batch_is_taken_apart_only_where_its_parts_add_up() -> None:
    one, two = Line(5_000, "VS:1001"), Line(7_000, "VS:1002", name="Gärtnerei Grün")

    def batch(whole: int) -> str:
        parts = "".join(details(line, said=amount(line.cents)) for line in (one, two))
        days = "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-27</Dt></BookgDt><ValDt><Dt>2026-11-28</Dt></ValDt>"
        entry = f"<Ntry>{amount(whole)}{days}<NtryDtls>{parts}</NtryDtls></Ntry>"
        return camt([Line(whole)], entries=entry)

    (statement,) = reading.read(batch(12_000).encode())
    assert [(each.units, each.symbol, each.name) for each in statement.bookings] == [
        (5_000, "1001", "Bäckerei Müller"),
        (7_000, "1002", "Gärtnerei Grün"),
    ]
    assert [each.value for each in statement.bookings] == [date(2026, 11, 28)] * 2
    assert only(batch(11_950)).units == 11_950  # the bank kept something: whose it is cannot be told


def test_charges_that_the_bank_kept_are_taken_off_a_part() -> None:
    charges = f"<Chrgs><Rcrd>{amount(50)}<ChrgInclInd>false</ChrgInclInd></Rcrd></Chrgs>"
    parts = details(Line(5_000), said=amount(5_000) + charges) + details(Line(7_000), said=amount(7_000))
    entry = f"<Ntry>{amount(11_950)}<BookgDt><Dt>2026-11-27</Dt></BookgDt><NtryDtls>{parts}</NtryDtls></Ntry>"
    (statement,) = reading.read(camt([Line(11_950)], entries=entry).encode())
    assert [each.units for each in statement.bookings] == [4_950, 7_000]


def test_what_is_not_booked_yet_is_left_out() -> None:
    entry = f"<Ntry>{amount(100)}<Sts>PDNG</Sts><BookgDt><Dt>2026-11-27</Dt></BookgDt></Ntry>"
    (statement,) = reading.read(camt([], entries=entry, version="02").encode())
    assert statement.bookings == ()


@given(LINES)
def test_balances_and_bookings_come_back(lines: list[Line]) -> None:
    for content in (mt940_of(lines), camt(lines)):
        (statement,) = reading.read(content.encode())
        assert [each.units for each in statement.bookings] == [line.cents for line in lines]
        assert (statement.opening, statement.closing) == (100_000, 100_000 + sum(line.cents for line in lines))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (mt940_of([PAID]).replace(":62F:C261127EUR1119,00", ":62F:C261127EUR1119,01"), "element 7 (:62F:): the bookings lead to a balance of 1119.00 EUR"),
        (mt940_of([PAID]).replace("C119,00N", "X119,00N"), "Line 5: “2611271127X119,00NTRFNONREF//B1” cannot be read as field :61:."),
        (mt940_of([PAID]).replace(":61:261127", ":61:261327"), "Line 5:"),
        (mt940_of([PAID]).replace(":60F:", ":6xF:"), "Line 1: this statement lacks the field :60F:."),
        (mt940_of([PAID]).replace(":28C:", ":34F:"), "interim report (MT942)"),
        (camt([PAID]).replace(">1119.00<", ">1119.01<"), "Stmt[1]/Bal CLBD: the bookings lead"),
        (camt([PAID]).replace(">119.00<", ">119.001<"), "Element Stmt[1]/Ntry[1]/Amt: “119.001 EUR” cannot be read."),
        (camt([PAID]).replace("<BookgDt>", "<Bookg>").replace("</BookgDt>", "</Bookg>"), "Element Stmt[1]/Ntry[1]/BookgDt/Dt is missing."),
        (camt([PAID]).replace("CLBD", "XXXX"), "Element Stmt[1]/Bal CLBD is missing."),
        (camt([PAID]).replace("</Stmt>", ""), "Line 1: this is not well-formed XML."),
        (camt([PAID]).replace("camt.053", "camt.052"), "CAMT.052"),
        (camt([PAID]).replace(CAMT, "urn:other:"), "no bank statement"),
        (camt([]).replace("<Document", '<!DOCTYPE x [<!ENTITY a "b">]><Document'), "entities"),
        (camt([]).replace("<Document", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><Document'), "entities"),
        (camt([]).replace("UTF-8", "x-none"), "encoding"),
        ("", "neither"), ("Datum;Betrag\n1;2\n", "neither"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(content: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        reading.read(content.encode())
    assert words in str(refused.value)


@given(st.binary(max_size=300), st.sampled_from(["", ":20:X\n:25:Y\n:60F:C260101EUR1,\n", "<Document "]))
def test_rubbish_is_refused_and_nothing_else(rubbish: bytes, before: str) -> None:
    with contextlib.suppress(Refused):
        assert reading.read(before.encode() + rubbish)


@given(LINES, st.integers(0, 99))
def test_a_cut_off_file_is_refused(lines: list[Line], part: int) -> None:
    whole = mt940_of([*lines, PAID])
    with pytest.raises(Refused):
        reading.read(whole[: (len(whole) - 20) * part // 100].encode())


def test_several_statements_keep_their_own_accounts() -> None:
    other = mt940_of([Line(-500)], opening=-700).replace(OWN, "DE12500105170648489890")
    found = reading.read((mt940_of([PAID]) + other).encode())
    assert [(each.account, each.opening, len(each.bookings)) for each in found] == [(OWN, 100_000, 1), ("DE12500105170648489890", -700, 1)]  # fmt: skip


def test_equal_bookings_of_a_day_are_two_and_the_same_file_again_is_the_same() -> None:
    first = list(fingerprints(reading.read(mt940_of([PAID, PAID]).encode())[0].bookings))
    again = list(fingerprints(reading.read(mt940_of([PAID, PAID, Line(1)]).encode())[0].bookings))
    assert len(set(first)) == 2 and again[:2] == first


@pytest.mark.parametrize(
    ("text", "symbol"),
    [("VS: 0012345678", "12345678"), ("/VS123456/SS/KS", "123456"), ("vs.77", "77"), ("KURVS 12", ""), ("VS1 VS2", ""), ("12345", "")],
)  # fmt: skip
def test_a_symbol_is_one_where_it_is_called_so(text: str, symbol: str) -> None:
    assert references.labelled_symbol(text) == symbol


def test_an_iban_has_check_digits() -> None:
    assert references.iban("DE89 3704 0044 0532 0130 00") == OWN
    assert references.iban("DE88370400440532013000") == references.iban("1234") == ""


@given(st.integers(0, 10**14), st.sampled_from(["EUR", "CZK", "JPY", "KWD"]))
def test_an_amount_is_read_as_it_is_written(units: int, currency: str) -> None:
    assert money.units(money.Money(units, currency).number, currency) == units
    assert money.units(money.Money(units, currency).number.replace(".", ","), currency) == units


def test_rest_of_a_year_is_that_of_the_nearest_day() -> None:
    text = mt940_of([Line(1)]).replace(":61:2611271127", ":61:2701020131").replace("0131", "1231")
    assert mt940.read(text)[0].bookings[0].booked == date(2026, 12, 31)
