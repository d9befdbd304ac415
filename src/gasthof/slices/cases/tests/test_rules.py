"""What a case costs, and when a machine's word locks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.cases.rules import SERIOUS, SEVERE, Breach, Terms, locks, may_end, reasons

NOW = datetime(2027, 3, 3, 12, tzinfo=UTC)
days = st.integers(0, 800).map(lambda n: timedelta(days=n))
terms = st.builds(Terms, fee=st.integers(1, 10**6), within=st.integers(1, 700), signals=st.integers(1, 9))
breaches = st.builds(
    Breach, opened=st.just(NOW), severity=st.integers(0, 2), deliberate=st.booleans(),
    former=st.none() | days.map(lambda ago: NOW - ago), deadline=st.none() | days.map(lambda ahead: NOW + ahead),
    mended=st.none() | days.map(lambda ahead: NOW + ahead),
)  # fmt: skip


@given(breaches, terms, days)
def test_free_exactly_for_a_first_light_breach_that_is_quickly_mended(
    breach: Breach, said: Terms, later: timedelta
) -> None:
    now = NOW + later
    first = breach.former is None or (NOW - breach.former).days > said.within
    quick = breach.deadline is None or (breach.mended or now) <= breach.deadline
    light = breach.severity < SEVERE and not breach.deliberate
    assert (reasons(breach, said, now) == ()) == (first and quick and light)


@given(breaches, terms, days, days)
def test_what_costs_a_fee_costs_it_later_too(breach: Breach, said: Terms, one: timedelta, more: timedelta) -> None:
    assert set(reasons(breach, said, NOW + one)) <= set(reasons(breach, said, NOW + one + more))


@given(breaches, terms, days)
def test_mended_in_time_no_later_day_makes_it_ignored(breach: Breach, said: Terms, later: timedelta) -> None:
    if breach.mended and breach.deadline and breach.mended <= breach.deadline:
        assert "ignored" not in reasons(breach, said, NOW + later)


@given(st.integers(0, 2), st.integers(1, 20), terms)
def test_more_and_worse_signals_never_lock_less(severity: int, signals: int, said: Terms) -> None:
    if locks(severity, signals, said):
        assert locks(severity, signals + 1, said) and locks(2, signals, said)
    assert locks(SERIOUS, 1, said) and locks(0, said.signals, said)


def test_only_the_severe_and_deliberate_ends_at_once() -> None:
    assert [(s, d) for s in range(3) for d in (False, True) if may_end(s, d)] == [(SEVERE, True)]
    assert reasons(Breach(NOW, 0, False, NOW - timedelta(days=365)), Terms(), NOW) == ("repeated",)
    assert reasons(Breach(NOW, 0, False, NOW - timedelta(days=366)), Terms(), NOW) == ()
