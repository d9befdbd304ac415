"""Entries of a policy drawn on one scale: nothing is left out, nothing lies outside, and what lasts longer is drawn longer."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.lifecycle.comparing import AHEAD, Scale, scale, spans
from gasthof.slices.lifecycle.tests.policies import FOLLOWERS, OWN_DAYS, SHIPPED

SCALES = st.builds(Scale, st.integers(-400, -1), st.integers(1, 400))
ENTRIES = st.sampled_from([SHIPPED.of(*each) for each in OWN_DAYS])


@given(SCALES, st.integers(-5000, 5000), st.integers(0, 5000))
def test_later_days_lie_further_right_and_within(by: Scale, day: int, more: int) -> None:
    assert 0 <= by.x(day) <= by.x(day + more) <= by.WIDTH


@given(SCALES, ENTRIES)
def test_spans_follow_one_another_to_the_end(by: Scale, entry: object) -> None:
    drawn = spans(entry, by)
    assert drawn[0].x == 0 and drawn[-1].x + drawn[-1].width == pytest.approx(by.WIDTH, abs=0.05)
    assert all(one.x + one.width == pytest.approx(other.x, abs=0.05) for one, other in pairwise(drawn))
    assert all(each.width >= 0 for each in drawn)


def test_what_ships_is_drawn_with_its_days() -> None:
    by = scale(SHIPPED.entries.values())
    assert (by.first, by.last) == (-AHEAD, 84)  # 60 days, 14 of being restorable, and some more to see that it is over
    assert [each.tone for each in spans(SHIPPED.of("hosting"), by)] == ["good", "warn", "kept", "gone"]
    assert [each.tone for each in spans(SHIPPED.of("domain", "de"), by)] == ["good", "bad", "gone"]
    hosting, mail = (spans(SHIPPED.of(type_), by)[1].width for type_ in ("hosting", "mail"))
    assert hosting / mail == pytest.approx(60 / 14, rel=0.01)


@pytest.mark.parametrize("type_", FOLLOWERS)
def test_what_follows_another_has_no_days_to_draw(type_: str) -> None:
    assert spans(SHIPPED.of(type_), scale(SHIPPED.entries.values())) == []
