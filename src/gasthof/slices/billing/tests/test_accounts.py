"""Which accounts in statements are the house's, and which codes are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules.accounts import same
from gasthof.slices.billing.rules.references import iban
from gasthof.slices.billing.values import Bic, Country, Iban, VatNumber

GERMAN, CZECH = "DE89370400440532013000", "CZ6508000000192000145399"


def made(country: str, basic: str) -> str:
    """With the check digits that it needs (ISO 7064 MOD 97-10)."""
    return next(each for digits in range(2, 99) if (each := iban(f"{country}{digits:02d}{basic}")))


@pytest.mark.parametrize("told", [
    GERMAN, "DE89 3704 0044 0532 0130 00", f"{GERMAN}EUR", "37040044/0532013000", "37040044/532013000", "37040044/0532013000EUR", "532013000",
])  # fmt: skip
def test_a_german_account_by_all_its_names(told: str) -> None:
    assert same(told, GERMAN) and not same(told, CZECH)


@pytest.mark.parametrize("told", [CZECH, "19-2000145399/0800", "0800/19-2000145399", "000019-2000145399/0800"])
def test_a_czech_account_by_all_its_names(told: str) -> None:
    assert same(told, CZECH) and not same(told, GERMAN)


@pytest.mark.parametrize(
    "told", ["", "EUR", "/", "37040044/", "37040045/0532013000", "37040044/0532013001", "CZ6508000000192000145399"]
)
def test_anothers_account(told: str) -> None:
    assert not same(told, GERMAN)


@given(st.integers(10_000_000, 99_999_999), st.integers(1, 10**10 - 1), st.integers(1, 10**10 - 1))
def test_two_accounts_of_a_bank_are_never_one(bank: int, number: int, other: int) -> None:
    own = made("DE", f"{bank}{number:010d}")
    assert same(f"{bank}/{number}", own) and same(own, own)
    assert same(f"{bank}/{other}", own) == (number == other)


@pytest.mark.parametrize(("kind", "wrong"), [(Iban, "DE00370400440532013000"), (Iban, ""), (Bic, "COBADEFFXX"), (Bic, "Köln"),
                                             (Country, "DEU"), (VatNumber, "123456789"), (VatNumber, "DE12345678901234")])  # fmt: skip
def test_what_is_no_code_is_refused(kind: type[Iban], wrong: str) -> None:
    with pytest.raises(Refused):
        kind.parse(wrong)


def test_codes_are_taken_as_people_write_them() -> None:
    assert Iban.parse("de89 3704 0044 0532 0130 00") == GERMAN and Bic.parse("cobadeff xxx") == "COBADEFFXXX"
