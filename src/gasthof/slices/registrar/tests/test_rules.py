"""Phases day by day around each boundary; dates; what lost answers turn out to be."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.registrar import rules
from gasthof.slices.registrar.driver import Cancel, Contacts, Create, Held, Release, Renew, Restore, Transfer, Update

NAME = "xn--bckerei-5wa.de"
ALL = sorted({*rules.BY_TLD, "test"})
# Days from the date of expiry, the first and the last of each phase, as spec/service-lifecycle.md has them (L22 to L28).
UNPAID = {
    "cz": [(-400, -1, "active"), (0, 29, "active"), (30, 59, "out of zone"), (60, 999, "free")],
    "sk": [(-400, -1, "active"), (0, 39, "frozen"), (40, 999, "free")],
    "de": [(-400, -6, "active"), (-5, 54, "quarantine"), (55, 999, "free")],
    "at": [(-400, -6, "active"), (-5, 34, "quarantine"), (35, 999, "free")],
    "eu": [(-400, -6, "active"), (-5, 34, "quarantine"), (35, 999, "free")],
} | {
    tld: [(-400, -1, "active"), (0, 29, "auto-renew grace"), (30, 59, "redemption"), (60, 64, "pending delete"), (65, 999, "free")]
    for tld in ("com", "net", "info", "biz", "org", "mobi", "test")
}  # fmt: skip
ENDS = [
    date(2027, 3, 1),
    date(2028, 2, 29),
    date(2028, 3, 1),
    date(2027, 12, 31),
    date(2027, 1, 31),
    date(2027, 10, 31),
]


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("tld", ALL)
def test_each_phase_begins_and_ends_on_its_day(tld: str, ends: date) -> None:
    known = rules.rules_of(f"bäckerei.{tld}")
    for first, last, phase in UNPAID[tld]:
        days = {first, min(first + 1, last), max(last - 1, first), last}
        assert {rules.phase_of(known, ends, None, ends + timedelta(days=day)) for day in days} == {phase}


@given(tld=st.sampled_from(ALL), ends=st.dates(date(2020, 1, 1), date(2100, 1, 1)), days=st.integers(-100, 200),
       deleted=st.booleans())  # fmt: skip
def test_the_next_change_is_the_first_day_that_differs(tld: str, ends: date, days: int, deleted: bool) -> None:
    known, on = rules.rules_of(f"x.{tld}"), ends + timedelta(days=days)
    gone = ends if deleted else None
    now, coming = rules.phase_of(known, ends, gone, on), rules.next_change(known, ends, gone, on)
    ahead = (on + timedelta(days=day) for day in range(1, 400))
    differs = next((day for day in ahead if rules.phase_of(known, ends, gone, day) != now), None)
    assert (coming and coming[0]) == differs
    assert coming is None or rules.phase_of(known, ends, gone, coming[0]) == coming[1]


@given(tld=st.sampled_from(ALL), ends=st.dates(date(2020, 1, 1), date(2100, 1, 1)), days=st.integers(-100, 200))
def test_what_can_be_done_never_becomes_more(tld: str, ends: date, days: int) -> None:
    known, order = rules.rules_of(f"x.{tld}"), ["renew", "restore", "nothing"]
    ranks = [
        order.index(rules.RECOURSE[rules.phase_of(known, ends, None, ends + timedelta(days=day))])
        for day in (days, days + 1)
    ]
    assert ranks == sorted(ranks)


@given(day=st.dates(date(2000, 1, 1), date(2090, 12, 31)), years=st.integers(1, 10))
def test_years_later_is_the_same_day_but_for_leap_days(day: date, years: int) -> None:
    later = rules.years_later(day, years)
    assert (later.year, later.month) == (day.year + years, day.month)
    assert later.day == day.day or ((day.month, day.day) == (2, 29) and later.day == 28)


@pytest.mark.parametrize(
    ("request_", "held", "found"),
    [
        (Create(NAME, 1, Contacts("GH-1")), None, "not done"),
        (Create(NAME, 1, Contacts("GH-1")), Held(NAME, date(2028, 1, 1), ("ok",), True, Contacts("GH-1")), "done"),
        (Create(NAME, 1, Contacts("GH-1")), Held(NAME, date(2028, 1, 1), ("ok",), False, Contacts("X")), "not done"),
        (Renew(NAME, date(2027, 1, 1), 1), Held(NAME, date(2027, 1, 1), ("ok",), True, Contacts("GH-1")), "not done"),
        (Renew(NAME, date(2027, 1, 1), 1), Held(NAME, date(2028, 1, 1), ("ok",), True, Contacts("GH-1")), "done"),
        (Renew(NAME, date(2027, 1, 1), 1), None, "not done"),
        (Transfer(NAME, "x"), Held(NAME, date(2028, 1, 1), ("ok",), False, Contacts("X")), "not done"),
        (Transfer(NAME, "x"), Held(NAME, date(2028, 1, 1), ("pendingTransfer",), False, Contacts("X")), "pending"),
        (Transfer(NAME, "x"), Held(NAME, date(2028, 1, 1), ("ok",), True, Contacts("X")), "done"),
        (Cancel(NAME, "x"), None, "done"),
        (Cancel(NAME, "x"), Held(NAME, date(2028, 1, 1), ("ok",), True, Contacts("X")), "not done"),
        (Cancel(NAME, "x"), Held(NAME, date(2028, 1, 1), ("pendingDelete",), True, Contacts("X")), "done"),
        (Release(NAME), Held(NAME, date(2028, 1, 1), ("ok",), True, Contacts("X")), "not done"),
        (Release(NAME), Held(NAME, date(2028, 1, 1), ("ok",), False, Contacts("X")), "done"),
        (Restore(NAME), Held(NAME, date(2028, 1, 1), ("redemptionPeriod",), True, Contacts("X")), "not done"),
        (Restore(NAME), Held(NAME, date(2028, 1, 1), ("pendingRestore",), True, Contacts("X")), "done"),
        (Update(NAME, locked=True), Held(NAME, date(2028, 1, 1), ("ok",), True, Contacts("X")), "not done"),
    ],
)  # fmt: skip
def test_what_a_lost_answer_turns_out_to_be(request_: Create, held: Held | None, found: str) -> None:
    assert rules.found_out(request_, held) == found


@pytest.mark.parametrize("name", ["xn--bckerei-5wa.cz", "xn--bckerei-5wa.sk", "a.b.de", "www.example.com"])
def test_names_that_a_registry_would_not_take(name: str) -> None:
    with pytest.raises(Refused):
        rules.check_name(name)


@pytest.mark.parametrize("name", ["xn--bckerei-5wa.de", "pekarna.cz", "xn--bckerei-5wa.at", "shop.example.test"])
def test_names_that_it_would(name: str) -> None:
    rules.check_name(name)


def test_codes_are_in_no_representation() -> None:
    assert "geheim" not in repr(Transfer(NAME, "geheim")) + repr(Update(NAME, code="geheim"))


@given(tld=st.sampled_from([*ALL, "co.uk"]), months=st.integers(1, 130))
def test_a_period_is_as_many_whole_years_as_its_registry_takes_ahead_of_the_end(tld: str, months: int) -> None:
    most = 1 if tld in ("de", "at") else 9
    if months % 12 == 0 and months <= 12 * most:
        rules.check_period(tld, months)
    else:
        with pytest.raises(Refused) as caught:
            rules.check_period(tld, months)
        assert caught.value.field == "months"


@pytest.mark.parametrize("months", [12, 24])
def test_a_period_for_all_tlds_is_one_that_each_of_them_takes(months: int) -> None:
    if months == 12:
        rules.check_period("", months)
    else:
        with pytest.raises(Refused, match=r"\.at"):
            rules.check_period("", months)


@given(st.sampled_from(ALL), st.dates(date(2024, 1, 1), date(2090, 1, 1)), st.integers(1, 9), st.integers(0, 60))
def test_what_is_paid_a_month_or_two_ahead_is_never_too_far(tld: str, on: date, years: int, ahead: int) -> None:
    known = rules.rules_of(f"x.{tld}")
    assert not rules.too_far(rules.years_later(on + timedelta(days=ahead), min(years, rules.longest_period(known))), on)
