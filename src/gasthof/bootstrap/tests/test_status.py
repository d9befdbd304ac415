"""What `status` calls well, and that it answers before anything has been set up."""

import json
from pathlib import Path
from typing import Any

import pytest

from gasthof.bootstrap import status
from gasthof.bootstrap.place import Place

NODE = {
    "name": "köln", "last_contact": "2026-11-22T10:00:00+00:00", "silent": 12, "objects": 3, "pending": 0,
    "drifted": 0, "errors": ["web.site grün: nginx: [emerg]"], "parked": None, "held": None,
}  # fmt: skip
WELL: dict[str, Any] = {"processes": [{"name": "agent", "up": True}], "nodes": [NODE]}


def test_all_up_and_heard_of_is_well() -> None:
    assert status.well(WELL)
    assert status.well({**WELL, "nodes": [{**NODE, "silent": status.SILENCE}]})


@pytest.mark.parametrize(
    "change",
    [{"silent": status.SILENCE + 1}, {"silent": None, "last_contact": None}, {"parked": "its journal is older"}],
)
def test_a_node_that_is_silent_or_parked_is_not_well(change: dict[str, Any]) -> None:
    assert not status.well({**WELL, "nodes": [{**NODE, "name": "bonn"}, {**NODE, **change}]})


@pytest.mark.parametrize("nodes", [None, []])
def test_no_node_is_not_well(nodes: list[Any] | None) -> None:
    assert not status.well({**WELL, "nodes": nodes})


def test_a_process_that_is_down_is_not_well() -> None:
    assert not status.well({**WELL, "processes": [{"name": "agent", "up": False}]})


def test_a_silent_node_is_called_so() -> None:
    assert "SILENT" in "\n".join(status._node_lines([{**NODE, "silent": 500}]))
    assert "SILENT" not in "\n".join(status._node_lines([NODE]))


def test_before_the_first_up_it_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Place(tmp_path, tmp_path, tmp_path / "var", tmp_path / "var")
    assert status.status(place, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["nodes"] is None and not any(row["up"] for row in told["processes"])
    assert status.status(place, as_json=False) == 1
    assert "not made yet" in capsys.readouterr().out
