"""What `status` calls well, and that it answers before anything has been set up."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gasthof.bootstrap import status
from gasthof.bootstrap.place import Place
from gasthof.slices.nodes import models

NODE = {
    "name": "köln", "last_contact": "2026-11-22T10:00:00+00:00", "silent": 12, "objects": 3, "pending": 0,
    "drifted": 0, "errors": ["web.site grün: nginx: [emerg]"], "parked": None, "held": None, "events": [],
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


def test_what_happened_lately_is_told() -> None:
    drift = {
        "at": "2026-11-22T10:00:00+00:00",
        "what": "drift",
        "subject": "web.site grün",
        "words": "/a: missing\n/b: gone",
    }
    lines = status._node_lines([{**NODE, "events": [drift, {**drift, "what": "back", "subject": "", "words": ""}]}])
    assert lines[-2:] == [
        "    2026-11-22T10:00:00+00:00 drift web.site grün: /a: missing /b: gone",
        "    2026-11-22T10:00:00+00:00 back",
    ]
    assert "lately" not in "\n".join(status._node_lines([NODE]))


@pytest.mark.django_db
def test_traces_tell_the_newest_events_of_each_node_first() -> None:
    from gasthof.bootstrap import traces

    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    for name in ("köln", "bonn"):
        node = models.Node.objects.create(name=name, db_role=name, uid_base=1_000_000, epoch="e", created=at)
        models.NodeContact.objects.create(node=node)
        for hour in range(traces.MOST_EVENTS + 2):
            models.NodeEvent.objects.create(
                node=node, at=at + timedelta(hours=hour), what="drift", subject=f"web.site {name}", words=f"{hour}"
            )
    for row in traces.nodes():
        assert [one["words"] for one in row["events"]] == ["6", "5", "4", "3", "2"]
        assert {one["subject"] for one in row["events"]} == {f"web.site {row['name']}"}
        assert row["events"][0]["at"] == "2026-11-22T16:00:00+00:00"


def test_before_the_first_up_it_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Place(tmp_path, tmp_path, tmp_path / "var", tmp_path / "var")
    assert status.status(place, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["nodes"] is None and not any(row["up"] for row in told["processes"])
    assert status.status(place, as_json=False) == 1
    assert "not made yet" in capsys.readouterr().out
