"""How long deliveries are tried."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.webhooks import rules


def waits(chance: float) -> list[timedelta]:
    found = [rules.until_next_attempt(attempts, chance) for attempts in range(1, rules.ATTEMPTS)]
    return [each for each in found if each is not None]


def test_about_three_days() -> None:
    whole = sum(waits(0.5), timedelta())
    assert timedelta(days=2.5) < whole < timedelta(days=3.5)
    assert len(waits(0.5)) == rules.ATTEMPTS - 1 and waits(0.5)[0] == rules.FIRST_WAIT
    assert rules.until_next_attempt(rules.ATTEMPTS, 0.5) is None


@given(st.floats(0, 1), st.integers(2, rules.ATTEMPTS - 1))
def test_each_wait_is_longer_and_chance_spreads_it(chance: float, attempts: int) -> None:
    now, before = rules.until_next_attempt(attempts, chance), rules.until_next_attempt(attempts - 1, chance)
    assert now and before and abs(now - 2 * before) < timedelta(milliseconds=1)
    least, most = rules.until_next_attempt(attempts, 0), rules.until_next_attempt(attempts, 1)
    assert least and most and most == pytest.approx(1.5 * least, rel=0.01) and least <= now <= most


@pytest.mark.parametrize(
    ("number", "may"),
    [(443, True), (442, False), (80, False), (1023, False), (1024, True), (65535, True), (65536, False)],
)
def test_ports(number: int, may: bool) -> None:
    assert rules.is_port(number) == may
