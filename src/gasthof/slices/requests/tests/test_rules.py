"""How requests go on, what restoring costs, and that a digest is of all that a request says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.rules.policy import Fee
from gasthof.slices.requests import rules
from gasthof.slices.requests.rules import Line, Quote, Renewal, quote

ONCE, EACH = Fee("restore", 2_000), Fee("restore_subserver", 2_000, "subserver")
YEAR = Renewal(12, 8_400, "EUR", "standard")


def may(kind: str, state: str, to: str) -> bool:
    try:
        rules.check_move(kind, state, to)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("fee", "subservers", "renewal", "total"),
    [
        (ONCE, 0, YEAR, 10_400), (ONCE, 7, YEAR, 10_400), (EACH, 3, YEAR, 14_400), (EACH, 0, YEAR, 10_400), (None, 3, YEAR, 8_400),
        (ONCE, 0, None, None), (Fee("registry", None), 0, YEAR, None), (ONCE, 0, Renewal(12, 200_000, "CZK", "standard"), None),
    ],
)  # fmt: skip
def test_what_restoring_costs(fee: Fee | None, subservers: int, renewal: Renewal | None, total: int | None) -> None:
    """Spec L11, L15, L19: 20 EUR, once or for each subserver, and the renewal; nothing is converted or made up."""
    found = quote(fee, subservers, "EUR", renewal)
    assert found.total == total
    assert found.currency == (renewal.currency if renewal else "EUR")


@given(st.integers(0, 10**6), st.integers(0, 500), st.integers(0, 10**9))
def test_a_quote_is_the_sum_of_its_lines_and_grows_with_subservers(amount: int, subservers: int, net: int) -> None:
    fee, renewal = Fee("restore_subserver", amount, "subserver"), Renewal(12, net, "EUR", "standard")
    one, more = (quote(fee, count, "EUR", renewal).total for count in (subservers, subservers + 1))
    assert one == net + amount * max(subservers, 1) and one <= (more or 0)


@pytest.mark.parametrize("kind", rules.KINDS)
def test_what_is_through_stays_so(kind: str) -> None:
    """But a message that is answered can be written on."""
    for state in (rules.DECLINED, rules.DROPPED, rules.DONE):
        after = [to for to in rules.MOVES if may(kind, state, to)]
        assert after == ([rules.WAITING] if (kind, state) == (rules.MESSAGE, rules.DONE) else [])
    assert may(kind, rules.WAITING, rules.ACCEPTED) is (kind == rules.RESTORE)
    assert not may(kind, rules.DRAFTED, rules.ACCEPTED), "nothing is accepted that nobody confirmed"


contents = st.dictionaries(st.sampled_from(["on", "words", "service", "quote"]), st.text(max_size=5) | st.integers())


@given(contents, contents)
def test_another_content_has_another_digest(one: dict[str, object], other: dict[str, object]) -> None:
    assert (rules.digest(one) == rules.digest(other)) is (one == other)


@given(st.integers(0, 10**6), st.integers(0, 50), st.none() | st.integers(0, 10**6))
def test_on_a_server_that_is_paid_only_fees_are_asked(fee: int, mails: int, licence: int | None) -> None:
    """Spec L20: the image once, mail for each domain, and a licence that is bought again; the server was paid by itself."""
    parts = [(Fee("restore", fee), 1), (Fee("restore_mail", 2_000, "domain"), mails), (Fee("licence", licence), 1)]
    found = rules.quote_on_server(parts, "EUR")
    assert found.total == (None if licence is None else fee + 2_000 * mails + licence)
    assert found.complete is (licence is not None) and all(line.what != rules.RENEWAL for line in found.lines)


def test_a_licence_is_bought_again_with_a_renewal_too() -> None:
    found = quote(ONCE, 0, "EUR", YEAR, Fee("licence", 1_500))
    assert (found.total, found.complete) == (11_900, True)
    assert not replace(found, months=0).complete, "a renewal of which nobody knows how long it is cannot be invoiced"


def test_a_total_waits_for_all_of_its_parts() -> None:
    assert Quote((Line("restore", 1, 0), Line(rules.RENEWAL, 1, 0)), "EUR").total == 0
    assert Quote((Line("restore", 1, 5), Line(rules.RENEWAL, 1, None)), "EUR").total is None
