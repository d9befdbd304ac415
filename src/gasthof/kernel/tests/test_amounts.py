"""Amounts as people read them, in both languages; and nobody is shown the form that is meant for programs."""

import ast
from pathlib import Path

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.amounts import amount, number
from gasthof.kernel.currencies import OTHER_DECIMALS
from gasthof.slices.billing.rules.money import units
from gasthof.slices.cases import wording as cases
from gasthof.slices.cases.rules import Terms
from gasthof.slices.lifecycle.drawing import fee_words
from gasthof.slices.lifecycle.tests.policies import SHIPPED
from gasthof.slices.registrar import wording as registrar
from gasthof.slices.requests import wording as requests
from gasthof.slices.requests.rules import Line, Quote

SLICES = Path(__file__).parents[2] / "slices"
SAID = {
    "cases": lambda: cases.fee(Terms(fee=123_450), ["repeated"]),
    "lifecycle": lambda: fee_words(SHIPPED, "unlock"),
    "registrar": lambda: registrar.euros(123_450),
    "requests": lambda: " ".join(requests.costs(Quote((Line("restore", 2, 123_450),), "EUR"))),
}


@pytest.mark.parametrize("slice_", SAID)
@pytest.mark.parametrize(("language", "shown"), [("de", ("1.234,50", "40,00")), ("en", ("1,234.50", "40.00"))])
def test_sentences_have_the_languages_own_amounts(slice_: str, language: str, shown: tuple[str, ...]) -> None:
    with override(language):
        assert any(f"{each}\xa0EUR" in SAID[slice_]() for each in shown)


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "CZK", *OTHER_DECIMALS]), st.sampled_from(["de", "en"]))
def test_what_a_field_shows_can_be_sent_back(count: int, currency: str, language: str) -> None:
    with override(language):
        assert units(number(count, currency), currency) == count
        assert amount(count, currency).replace(".", "").replace(",", "").partition("\xa0")[0].lstrip("0") == str(
            count
        ).lstrip("0")


def test_no_page_and_no_letter_shows_money_as_programs_read_it() -> None:
    """Whoever words something asks for `amount`; `Money` is for what programs are told."""
    words = ("wording", "telling", "views", "drawing", "letters", "papers", "contents", "forms")
    found = [
        str(path.relative_to(SLICES))
        for path in SLICES.rglob("*.py")
        if {path.stem, path.parent.name} & set(words)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and "Money" in {each.name for each in node.names}
    ]
    assert found == []


def test_less_than_nothing_has_a_minus_and_stays_on_one_line() -> None:
    with override("de"):
        assert amount(-1_234_50, "EUR") == "\N{MINUS SIGN}1.234,50\N{NO-BREAK SPACE}EUR"
    assert number(-150, "EUR") == "-1.50"  # to be typed
