"""Exports and imports on a node: the agent asks, the program works, and whoever is killed meanwhile changes nothing."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.slices.subscriptions.node.places import export
from gasthof.slices.subscriptions.spec import TransferSpec
from gasthof.slices.subscriptions.tests.scene import DOCUMENT, KIND, NAME, NEW, OLD, Scene

pytestmark = pytest.mark.daemons


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Node.made() as node:
        yield Scene(node)


def test_export_delete_import_gives_back_every_byte(scene: Scene) -> None:
    scene.fill()
    before = scene.shown(OLD)
    saved = scene.put("save", OLD)
    scene.until(scene.live(saved))
    folder = export(scene.prefix, NAME)
    assert folder.stat().st_mode & 0o777 == 0o700 and folder.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads((folder / "settings.json").read_text("utf-8")) == DOCUMENT
    scene.node.drop("subscriptions.home", "s000012")
    scene.until(lambda: not scene.web(OLD).exists())
    scene.node.put_home(NEW)
    scene.node.put_site(UMLAUT, NEW)
    loading = scene.put("load", NEW)
    scene.until(scene.live(loading))
    assert scene.shown(NEW) == before and len(before) == 6
    with acting_as(scene.prefix.uid_base + NEW):
        (scene.web(NEW) / UMLAUT / "neu").write_bytes(b"later")
    scene.node.intent.epoch = "two"  # everything is told anew
    scene.put("load", NEW)
    scene.turn()
    assert (scene.web(NEW) / UMLAUT / "neu").exists(), "what was loaded once is not loaded again"
    scene.agent.audit_now()
    assert folder.is_dir()
    scene.node.drop(KIND, loading)
    scene.node.drop(KIND, saved)
    scene.until(lambda: not list(folder.parent.iterdir()))


def test_a_long_export_holds_up_nobody(scene: Scene) -> None:
    scene.fill(40, 8_000_000)
    saved = scene.put("save", OLD)
    began = time.monotonic()
    scene.node.put_home(13)
    scene.turn()
    took = time.monotonic() - began
    assert scene.web(13).is_dir() and scene.state("s000013") == "live"
    assert scene.state(saved) == "pending" and took < 2
    scene.until(scene.live(saved))


def test_killed_again_and_again_it_ends_the_same(scene: Scene) -> None:
    scene.fill(30, 3_000_000)
    before = scene.shown(OLD)
    saved = scene.put("save", OLD)
    for pause in (0.0, 0.02, 0.05, 0.1, 0.2):
        scene.turn()
        time.sleep(pause)
        scene.kill()
        scene.restart_agent()
        scene.turn()
        assert scene.state(saved) in ("pending", "failed", "live")
        scene.start()
    scene.until(scene.live(saved))
    scene.node.put_home(NEW)
    loading = scene.put("load", NEW)
    for pause in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3):
        scene.turn()
        time.sleep(pause)
        scene.kill()
        scene.restart_agent()
        scene.start()
    scene.until(scene.live(loading))
    assert scene.shown(NEW) == before
    assert sorted(path.name for path in export(scene.prefix, NAME).parent.iterdir()) == [NAME]


def test_what_was_changed_in_an_export_is_not_loaded(scene: Scene) -> None:
    scene.fill()
    scene.until(scene.live(scene.put("save", OLD)))
    with (export(scene.prefix, NAME) / "web" / "files.tar").open("ab") as archive:
        archive.write(b"x")
    scene.node.put_home(NEW)
    loading = scene.put("load", NEW)
    scene.until(lambda: scene.state(loading) == "failed")
    assert scene.node.intent.words(loading) == "the export was changed or damaged: web/files.tar"
    assert scene.shown(NEW) == {}


def test_what_cannot_be_saved_says_why(scene: Scene) -> None:
    scene.node.drop("subscriptions.home", "s000012")
    scene.turn()
    saved = scene.put("save", OLD)
    scene.until(lambda: scene.state(saved) == "failed")
    assert scene.node.intent.words(saved) == "s000012 is not on this machine"


def test_an_export_for_which_there_is_no_room_is_not_begun(scene: Scene) -> None:
    scene.fill()
    spec = TransferSpec("save", NAME, "s000012", scene.prefix.uid_base + OLD, DOCUMENT, expected=10**15)
    scene.node.intent.put(KIND, NAME, spec)
    scene.until(lambda: scene.state(NAME) == "failed")
    assert "no room: 1000000000000000 bytes to save" in scene.node.intent.words(NAME)
    assert not list(export(scene.prefix, NAME).parent.iterdir())


def test_nothing_is_left_of_an_export_that_failed(scene: Scene) -> None:
    """The files are saved already when the databases' server does not answer."""
    scene.fill()
    settings = {"web": {}, "databases": {"databases": [{"server": "mariadb", "name": "s000012_shop"}]}}
    spec = TransferSpec("save", NAME, "s000012", scene.prefix.uid_base + OLD, DOCUMENT | {"settings": settings})
    scene.node.intent.put(KIND, NAME, spec)
    scene.until(lambda: scene.state(NAME) == "failed")
    assert not list(export(scene.prefix, NAME).parent.iterdir())


def test_an_export_that_nobody_ordered_to_go_stays(scene: Scene) -> None:
    scene.fill()
    scene.until(scene.live(scene.put("save", OLD)))
    del scene.node.intent.changes[KIND, NAME]
    scene.node.intent.epoch = "two"
    scene.turn()
    scene.agent.audit_now()
    assert export(scene.prefix, NAME).is_dir()


def test_sizes_are_measured_beside_the_agent(scene: Scene) -> None:
    scene.fill(10, 100_000)
    ask = {"verb": "size", "argument": json.dumps({"name": "s000012", "uid": scene.prefix.uid_base + OLD})}
    service = scene.agent.executor.asker.services["transfers"]
    assert service.talk([ask]) == [{"ok": True, "bytes": None}]  # type: ignore[attr-defined]
    found = []
    scene.until(lambda: bool(found.append(service.talk([ask])[0]["bytes"]) or found[-1]))  # type: ignore[attr-defined,func-returns-value]
    assert 1_000_000 <= found[-1] < 1_200_000


def test_the_control_plane_hears_of_sizes_and_of_what_was_left_out(scene: Scene) -> None:
    scene.fill(10, 100_000)
    for number in range(60):
        os.mkfifo(scene.web(OLD) / f"rohr{number:02d}")
    scene.until(scene.live(scene.put("save", OLD)))
    told: dict[tuple[str, str], Any] = {}

    def heard() -> bool:
        scene.agent.audit_now()
        told.update(
            {(one.kind, one.key): one.values for report in scene.node.intent.reports for one in report.findings}
        )
        return ("subscriptions.home", "s000012") in told

    scene.until(heard)
    assert 1_000_000 <= told["subscriptions.home", "s000012"]["bytes"] < 1_200_000
    assert told[KIND, NAME]["left_out"][0] == "web: rohr00: is no file, folder or link"
    assert told[KIND, NAME]["left_out"][-1] == "and 20 more"
    assert told[KIND, NAME]["bytes"] > 1_000_000
