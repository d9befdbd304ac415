"""Commands side by side and one after the other."""

import sys
from pathlib import Path

import pytest

from gasthof.bootstrap import lanes
from gasthof.bootstrap.checks import FAST, chosen
from gasthof.bootstrap.lanes import Step

MEET = """
import pathlib, sys, time
pathlib.Path(sys.argv[1]).touch()
until = time.monotonic() + 60
while not pathlib.Path(sys.argv[2]).exists():
    if time.monotonic() > until:
        sys.exit("the other one does not come")
    time.sleep(0.01)
"""


def step(name: str, folder: Path, code: str, *words: str) -> Step:
    return Step(name, (sys.executable, "-c", code, *words), {}, str(folder))


def test_quick_stays_quick_when_words_follow_it() -> None:
    assert chosen(["-x", "tests/habits"], quick=True) == ["pytest", "-q", "-m", FAST, "-x", "tests/habits"]
    assert chosen(["-x"], quick=False) == ["pytest", "-q", "-x"]


def test_lanes_work_at_the_same_time(tmp_path: Path) -> None:
    one, other = step("one", tmp_path, MEET, "a", "b"), step("other", tmp_path, MEET, "b", "a")
    assert lanes.run([[one], [other]]) == [("one", 0), ("other", 0)]


def test_steps_of_a_lane_follow_each_other_whatever_became_of_the_first(tmp_path: Path) -> None:
    fails = step("fails", tmp_path, "open('x', 'w').close(); raise SystemExit(3)")
    looks = step("looks", tmp_path, "import os; os.stat('x')")
    assert lanes.run([[], [fails, looks]]) == [("fails", 3), ("looks", 0)]


def test_words_of_another_lane_come_in_one_piece(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Also those on standard error."""
    chatty = step("chatty", tmp_path, "import sys; print('Grüße', flush=True); sys.stderr.write('aus Köln\\n')")
    lanes.run([[step("first", tmp_path, "print('live')")], [chatty]])
    said = capfd.readouterr()
    assert "Grüße\naus Köln\n" in said.out and "live" in said.out
    assert "== chatty: ok" in said.err
