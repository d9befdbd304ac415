"""What an export had to leave out reaches the control plane, however much it is and however it is written."""

import json
from pathlib import Path

import pytest

from gasthof.agent.findings import _shaped
from gasthof.agent.journal import Desired
from gasthof.agent.kinds import Machine
from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.node.places import export
from gasthof.slices.subscriptions.node.transfers import findings
from gasthof.slices.subscriptions.spec import TransferSpec

NAME = "x000007"


def told(root: Path, lines: list[str]) -> list[str]:
    """As the agent sends it."""
    folder = export(Prefix(root), NAME)
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"bytes": 5, "left_out": lines}), "utf-8")
    spec = TransferSpec("save", NAME, "s000012", 1_000_012)
    found = findings(Machine(Prefix(root), SystemClock()), {NAME: spec})[NAME]
    shaped = _shaped(Desired("subscriptions.transfer", NAME, 1, 1, "s000012", "{}", "live", ()), found)
    assert shaped is not None and shaped["bytes"] == 5
    left_out = shaped["left_out"]
    assert isinstance(left_out, list)
    return left_out


@pytest.mark.parametrize("sign", ["a", '"', "\\", "\n", "\x01", "ä", "🥐"])
def test_forty_long_lines_are_told_as_far_as_there_is_room(tmp_path: Path, sign: str) -> None:
    lines = [f"web: {number:02d}{sign * 4000}" for number in range(40)]
    found = told(tmp_path, lines)
    assert len(found) > 4 and found[0].startswith("web: 00") and found[-1] == f"and {40 - len(found) + 1} more"


def test_a_few_lines_are_told_whole(tmp_path: Path) -> None:
    lines = [f"web: grüße-{number} is no file, folder or link" for number in range(40)]
    assert told(tmp_path, lines) == lines
