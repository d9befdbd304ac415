"""When a sweep stops and asks."""

import pytest

from gasthof.slices.lifecycle.rules.brake import BACKWARDS, FEW, JUMP, RESTORED, STORM, halt, storm
from gasthof.slices.lifecycle.tests.policies import FIRST, days


@pytest.mark.parametrize(
    ("last", "witness", "reason"),
    [
        (None, None, ""), (0, None, ""), (-1, -1, ""), (-31, None, ""), (-32, None, JUMP), (1, None, BACKWARDS),
        (-2, -1, RESTORED), (None, -1, RESTORED), (-1, -2, ""),
    ],
)  # fmt: skip
def test_nothing_is_done(last: int | None, witness: int | None, reason: str) -> None:
    at = [None if each is None else FIRST + days(each) for each in (last, witness)]
    assert halt(at[0], FIRST, at[1]) == reason


@pytest.mark.parametrize(
    ("ends", "former", "missed", "reason"),
    [
        (FEW, [], 1, ""), (FEW + 1, [], 1, STORM), (FEW + 1, [10, 9, 11], 1, ""), (51, [10, 9, 11], 1, STORM),
        (51, [10, 9, 11], 2, ""), (101, [10, 9, 11], 2, STORM), (FEW + 1, [0, 0, 0, 900], 1, STORM), (FEW, [], 0, ""),
    ],
)  # fmt: skip
def test_nothing_ends(ends: int, former: list[int], missed: int, reason: str) -> None:
    assert storm(ends, former, missed) == reason
