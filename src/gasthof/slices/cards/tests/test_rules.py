"""What is known of a payment does not depend on who tells it first, how often, or whether all of it arrives."""

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.cards import rules
from gasthof.slices.cards.rules import Forged, Known, after, moves

SECRET = b"sehr geheim"
LIVES = (  # what a network may go through with one payment
    ("open",), ("open", "refused"), ("open", "paid"), ("open", "pending", "paid"), ("open", "pending", "refused"),
    ("open", "paid", "refunded"), ("open", "pending", "paid", "charged back"), ("open", "paid", "refunded", "charged back"),
)  # fmt: skip


def told(life: tuple[rules.State, ...]) -> list[Known]:
    return [Known(state, 11_900, "EUR") for state in life]


def run(words: list[Known]) -> tuple[Known, list[rules.Move]]:
    known, booked = Known(), list[rules.Move]()
    for each in words:
        now = after(known, each)
        booked += moves(known, now)
        known = now
    return known, booked


@given(st.sampled_from(LIVES).flatmap(lambda life: st.tuples(st.just(life), st.lists(st.sampled_from(told(life))))))
def test_any_order_repetition_and_loss_ends_the_same(life: tuple[tuple[rules.State, ...], list[Known]]) -> None:
    """The last word is asked for until it is heard."""
    states, heard = life
    for order in (heard, heard[::-1]):
        known, booked = run([*order, told(states)[-1]])
        again, _ = run([told(states)[-1], *order])
        assert known == again == reduce(after, told(states), Known())
        assert booked.count("paid") == (states[-1] in rules.COLLECTED)
        assert booked.count("taken back") == (states[-1] in rules.TAKEN_BACK)
        assert booked == sorted(booked)  # paid before it is taken back


def test_paid_is_believed_after_a_refusal() -> None:
    assert run([Known("refused"), Known("paid", 100, "EUR")])[1] == ["paid"]
    assert run([Known("paid", 100, "EUR"), Known("refused")])[0].state == "paid"


def test_what_is_heard_of_when_it_is_taken_back_was_paid_before() -> None:
    assert run([Known("charged back", 100, "EUR")])[1] == ["paid", "taken back"]


@given(st.sampled_from(rules.ORDER), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_what_is_open_is_asked_for_and_what_has_ended_is_not_for_ever(state: rules.State, age: timedelta) -> None:
    wait = rules.next_look(state, age)
    assert (wait is not None) == (state in rules.OPEN or (state == "paid" and age < rules.LOOKED_AT))
    assert wait is None or wait >= rules.SOON


@given(st.binary(), st.integers(0, 10**10), st.integers(-rules.WINDOW, rules.WINDOW))
def test_what_is_signed_is_the_networks(body: bytes, seconds: int, off: int) -> None:
    assert rules.verified(rules.signature(SECRET, seconds, body), body, SECRET, seconds + off) == seconds


@given(st.binary(min_size=1), st.integers(0, 10**10), st.data())
def test_what_was_changed_is_not(body: bytes, seconds: int, data: st.DataObject) -> None:
    header = rules.signature(SECRET, seconds, body)
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    for told_, text, now in (
        (header, changed, seconds),
        (header, body, seconds + rules.WINDOW + 1),
        (header[:-1], body, seconds),
    ):
        with pytest.raises(Forged):
            rules.verified(told_, text, SECRET, now)


@given(st.text())
def test_any_header_is_an_answer(header: str) -> None:
    with pytest.raises(Forged):
        rules.verified(header, b"", SECRET, 0)
