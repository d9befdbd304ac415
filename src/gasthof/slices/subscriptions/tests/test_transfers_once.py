"""What was carried once is not carried again, whatever failed beside it or was lost."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gasthof.agent.kinds import Machine
from gasthof.agent.sdk import place
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.tests.node import UMLAUT, Node
from gasthof.agent.transfer import Home, Transfer
from gasthof.kernel.clock import SystemClock
from gasthof.slices.subscriptions.node.places import export
from gasthof.slices.subscriptions.spec import TransferSpec
from gasthof.slices.subscriptions.tests.scene import DOCUMENT, NAME, NEW, OLD, Scene
from gasthof.slices.subscriptions.transfers.store import Store, _sums

pytestmark = pytest.mark.daemons


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Node.made() as node:
        yield Scene(node)


def test_a_load_that_fails_again_and_again_leaves_alone_what_has_arrived(scene: Scene) -> None:
    """One database is not there: the customer works on with the files meanwhile, and the program is killed."""
    scene.fill()
    settings = {"databases": {"databases": [{"server": "mariadb", "name": "s000012_shop"}]}}
    saved = scene.put("save", OLD)
    scene.until(scene.live(saved))
    _with_a_dump(export(scene.prefix, NAME), settings)
    scene.node.put_home(NEW)
    loading = scene.put("load", NEW)
    scene.until(lambda: scene.state(loading) == "failed")
    assert "databases: " in scene.node.intent.words(loading) and (scene.web(NEW) / UMLAUT).is_dir()
    with acting_as(scene.prefix.uid_base + NEW):
        (scene.web(NEW) / UMLAUT / "neu").write_bytes(b"a month's work")
    for _ in range(2):
        scene.kill()
        scene.restart_agent()
        scene.start()
        told = len(scene.node.intent.states()[loading])
        scene.agent.audit_now()
        scene.until(lambda told=told: len(scene.node.intent.states()[loading]) > told)  # type: ignore[misc]
        assert scene.state(loading) == "failed" and (scene.web(NEW) / UMLAUT / "neu").exists()
    (
        scene.prefix.state / "transfers" / loading / "databases.mariadb-s000012_shop"
    ).touch()  # as if it had arrived by now
    scene.until(scene.live(loading))
    assert (scene.web(NEW) / UMLAUT / "neu").exists()


def test_an_import_that_is_no_longer_wanted_ends_with_its_part(scene: Scene) -> None:
    """And one that is wanted goes on where it was."""
    loaded: list[str] = []

    def load(_machine: Machine, _home: Home, settings: str, _folder: Path) -> None:
        loaded.append(settings)
        store.unwanted.add(key)

    parts = Transfer(lambda *_: None, load, lambda _: {"eins": "eins", "zwei": "zwei"})
    store, key = Store(Machine(scene.prefix, SystemClock()), {"web": parts}), f"{NAME}/s000012"
    store.save(TransferSpec("save", NAME, "s000012", scene.prefix.uid_base + OLD, DOCUMENT))
    order = TransferSpec("load", NAME, "s000012", scene.prefix.uid_base + OLD)
    with pytest.raises(RuntimeError, match="no longer wanted"):
        store.load(order)
    assert loaded == ["eins"] and not store.loaded(NAME, "s000012")
    store.unwanted.clear()
    store.load(order)
    assert loaded == ["eins", "zwei"] and store.loaded(NAME, "s000012")


def _with_a_dump(folder: Path, settings: Any) -> None:
    """A database in an export, which no server here can take."""
    (folder / "databases").mkdir(exist_ok=True)
    (folder / "databases" / "mariadb-s000012_shop.dump").write_bytes(b"SELECT 1;")
    (folder / "settings.json").write_text(json.dumps(DOCUMENT | {"settings": DOCUMENT["settings"] | settings}))
    (folder / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in _sums(folder).items()))


@pytest.mark.parametrize("lost", ["export", "marks in it"])
def test_what_was_done_once_is_not_done_again_when_exports_are_lost_or_restored(scene: Scene, lost: str) -> None:
    scene.fill()
    saved = scene.put("save", OLD)
    scene.until(scene.live(saved))
    scene.node.put_home(NEW)
    loading = scene.put("load", NEW)
    scene.until(scene.live(loading))
    with acting_as(scene.prefix.uid_base + NEW):
        (scene.web(NEW) / UMLAUT / "neu").write_bytes(b"a month's work")
    folder = export(scene.prefix, NAME)
    place.remove_tree(folder if lost == "export" else folder / "loaded")
    scene.kill()
    scene.restart_agent()
    scene.start()
    scene.node.intent.epoch = "two"
    scene.node.intent.reports.clear()
    saved, loading = scene.put("save", OLD), scene.put("load", NEW)
    scene.until(lambda: scene.state(saved) != "pending" and scene.state(loading) != "pending")
    assert scene.state(saved) == ("failed" if lost == "export" else "live") and scene.state(loading) == "live"
    assert folder.is_dir() == (lost != "export") and (scene.web(NEW) / UMLAUT / "neu").exists()
    if lost == "export":
        assert "was saved once" in scene.node.intent.words(saved)
