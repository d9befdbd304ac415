"""Periods and what is asked for, as pure rules."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.lifecycle.policies import shipped
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import Facts
from gasthof.slices.lifecycle.rules.policy import policy
from gasthof.slices.lifecycle.rules.timeline import as_planned, timeline
from gasthof.slices.registrar import rules as registries
from gasthof.slices.renewals.rules import Asked, after, asked

POLICY = policy(shipped())
EXPIRES = date(2027, 3, 3)
DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


def on(day: date, type_: str, tld: str = "") -> Asked | None:
    known = Facts(type=type_, tld=tld, first_unpaid=EXPIRES, noticed=EXPIRES - timedelta(days=30))
    return asked(timeline(POLICY, as_planned(POLICY, known, day), day))


def test_a_month_is_as_long_as_it_is() -> None:
    assert after(date(2027, 1, 31), 1, 31) == date(2027, 2, 28)
    assert after(date(2027, 2, 28), 1, 31) == date(2027, 3, 31)
    assert after(date(2024, 2, 29), 12, 29) == date(2025, 2, 28)
    assert after(date(2027, 2, 28), 12, 29) == date(2028, 2, 29)


@given(DAYS, st.integers(1, 36), st.integers(1, 12))
def test_periods_in_a_row_are_as_long_as_one_of_their_sum(first: date, months: int, times: int) -> None:
    day = first
    for _ in range(times):
        later = after(day, months, first.day)
        assert later > day
        day = later
    assert day == after(first, months * times, first.day)


def test_hosting_costs_the_same_until_its_last_day() -> None:
    last = EXPIRES + timedelta(days=59)
    for day in (EXPIRES - timedelta(days=30), EXPIRES, last):
        assert on(day, "hosting") == Asked((), last)
    assert on(last + timedelta(days=1), "hosting") is None


def test_a_domain_costs_a_fee_from_its_quarantine_on() -> None:
    quarantine = EXPIRES - timedelta(days=5)
    assert on(quarantine - timedelta(days=20), "domain", "de") == Asked((), quarantine - timedelta(days=1))
    found = on(quarantine, "domain", "de")
    assert found is not None and found.fees == ("registry",) and found.last == quarantine + timedelta(days=59)


def test_what_costs_nothing_is_asked_for_once_and_never() -> None:
    assert asked(timeline(POLICY, Facts(type="hosting"), EXPIRES)) is not None
    ended = Facts(type="hosting", first_unpaid=EXPIRES, ended=EXPIRES)
    assert asked(timeline(POLICY, ended, EXPIRES)) is None


TLDS = [*sorted(registries.BY_TLD), "xn--vermgensberatung-pwb"]


def inside(tld: str, first: date, on_: date, *, fees: bool) -> bool:
    """Whether the registry renews it on that day, or restores it for a fee that is asked for."""
    way = registries.RECOURSE[registries.phase_of(registries.rules_of(f"x.{tld}"), first, None, on_)]
    return way == "renew" or (way == "restore" and fees)


@given(st.sampled_from(TLDS), DAYS, st.integers(-60, 120), st.none() | st.integers(-60, 120))
def test_what_is_offered_lies_inside_the_registrys_window(
    tld: str, first: date, offset: int, noticed: int | None
) -> None:
    """Until its last day, also of what nobody was told of yet, so that we delete nothing: on the proforma, and on the page for each day to come."""
    day = first + timedelta(days=offset)
    told = None if noticed is None else min(day, first + timedelta(days=noticed))
    known = Facts(type="domain", tld=tld, first_unpaid=first, noticed=told)
    steps = timeline(POLICY, as_planned(POLICY, known, day), day)
    offer = asked(steps)
    for ahead in range((offer.last - day).days + 1 if offer else 0):
        assert offer and inside(tld, first, day + timedelta(days=ahead), fees=bool(offer.fees)), ahead
    for step in steps:
        for ahead in range(((step.last or step.day + timedelta(days=90)) - step.day).days + 1):
            on_ = step.day + timedelta(days=ahead)
            assert not step.renewal or inside(tld, first, on_, fees=bool(step.fees)), (step, ahead)
    ways = {"renewable", "renewable_by_fee"} & evaluate(POLICY, known, day).capabilities
    assert not ways or inside(tld, first, day, fees="renewable_by_fee" in ways)
