"""Exports and imports on a node: the agent asks, the program works, and whoever is killed meanwhile changes nothing."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gasthof.agent.loop import Agent
from gasthof.agent.sdk import place
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.tests.node import UMLAUT, Node, tree
from gasthof.slices.subscriptions.node.places import control, export
from gasthof.slices.subscriptions.spec import TransferSpec
from gasthof.slices.subscriptions.transfers.store import _sums
from gasthof.slices.web.tests.nginx_harness import connects, wait_for

pytestmark = pytest.mark.daemons

KIND, NAME, OLD, NEW = "subscriptions.transfer", "x000007", 12, 19
DOCUMENT = {"format": 1, "settings": {"web": {"sites": {}}}}


class Scene:
    def __init__(self, node: Node) -> None:
        self.node, self.prefix = node, node.prefix
        self.agent: Agent = node.agent()
        assert self.agent.fix() == []
        self.start()
        node.put_home(OLD)
        self.turn()

    def start(self) -> None:
        process = self.node.start("gasthof.slices.subscriptions.transfers")
        wait_for(lambda: connects(control(self.prefix)), process)

    def kill(self) -> None:
        self.node.processes[-1].send_signal(signal.SIGKILL)
        self.node.processes[-1].wait()

    def restart_agent(self) -> None:
        """All that it kept in memory is gone."""
        self.node.agents.pop().journal.close()
        self.agent = self.node.agent()

    def turn(self) -> None:
        self.agent.backoff.waiting.clear()
        self.agent.reach()
        self.agent.fetch()
        self.agent.work()
        self.agent.deliver()

    def until(self, done: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end
            time.sleep(0.02)
            self.turn()

    def put(self, direction: Any, number: int) -> str:
        name = f"s{number:06d}"
        spec = TransferSpec(
            direction, NAME, name, self.prefix.uid_base + number, DOCUMENT if direction == "save" else None
        )
        key = NAME if direction == "save" else f"{NAME}/{name}"
        self.node.intent.put(KIND, key, spec)
        return key

    def state(self, key: str) -> str:
        return self.node.intent.states().get(key, ["pending"])[-1]

    def live(self, key: str) -> Callable[[], bool]:
        return lambda: self.state(key) == "live"

    def web(self, number: int) -> Path:
        return self.prefix.home(f"s{number:06d}") / "web"

    def fill(self, count: int = 3, size: int = 1000) -> None:
        with acting_as(self.prefix.uid_base + OLD):
            (self.web(OLD) / UMLAUT / "bilder").mkdir(parents=True)
            for number in range(count):
                (self.web(OLD) / UMLAUT / "bilder" / f"ä{number}.jpg").write_bytes(os.urandom(size))
            (self.web(OLD) / UMLAUT / "index.php").symlink_to("bilder/ä0.jpg")

    def shown(self, number: int) -> dict[str, Any]:
        uid = self.prefix.uid_base + number
        return {
            path: (mode, owner == uid, group, content)
            for path, (mode, owner, group, content) in tree(self.web(number)).items()
        }


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
