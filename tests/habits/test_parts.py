"""What the quick part of the check leaves out."""

from pathlib import Path

import pytest

from tests.habits.test_source import ROOT
from tests.parts import in_the_rest

BESIDE, HABIT = "src/gasthof/slices/dns/tests/test_rules.py", "tests/habits/test_grüße.py"


@pytest.mark.parametrize(
    ("path", "marks", "fixtures", "rest"),
    [
        (BESIDE, [], ["tmp_path"], False),
        (HABIT, ["parametrize"], [], False),
        ("tests/attacks/test_values.py", ["quick"], [], True),
        ("tests/journeys/test_ftp.py", [], [], True),
        (BESIDE, ["daemons", "quick"], [], True),
        (BESIDE, ["journey"], [], True),
        (HABIT, ["long"], [], True),
        (BESIDE, ["django_db"], ["house"], True),
        (BESIDE, ["django_db", "quick"], ["house"], False),
        (BESIDE, [], ["house", "furnished_once", "django_db_setup"], True),
        (BESIDE, ["quick"], ["committed", "django_db_setup"], False),
    ],
)
def test_what_is_slow_or_opens_the_database_is_for_the_rest(
    path: str, marks: list[str], fixtures: list[str], rest: bool
) -> None:
    assert in_the_rest(ROOT / Path(path), marks, fixtures) is rest


def test_this_one_is_quick(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("rest") is None


def test_one_that_opens_the_database_is_not(request: pytest.FixtureRequest, db: None) -> None:
    assert request.node.get_closest_marker("rest") is not None
