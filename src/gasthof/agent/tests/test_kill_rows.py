"""Killed at every boundary of what writes look-up databases, and started again, the agent ends in the same state."""

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gasthof.agent.loop import Agent
from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.ask import Reply
from gasthof.agent.tests import killing
from gasthof.agent.tests.node import UMLAUT, Intent, Node, tree
from gasthof.agent.tests.post import KNOWN, Mail, boxes, ftp, make_folders, modes, owner, post
from gasthof.agent.tests.test_lookup import another_schema, garbage

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(300)]

ANNA, BERT = f"anna@{UMLAUT}", f"bert@{UMLAUT}"
OLD = Mail((ANNA, "alt"), ftp=True, file="alt", ask=True, aliases=("info",))
NEW = Mail((ANNA, "neu"), ftp=False, file="neu", ask=True)
run = partial(killing.run, taught=KNOWN)


@dataclass(frozen=True)
class Scenario:
    name: str
    before: dict[str, Mail]
    change: dict[str, Mail | None]
    stubborn: tuple[Any, ...] = ()
    spoil: Callable[[Node], None] = lambda _: None
    audit: bool = False

    def __str__(self) -> str:
        return self.name


def edit(node: Node) -> None:
    """By hand, in another process: rows, a mode, a file."""

    def do(_: Agent) -> None:
        connection = lookup.opened(post(node.prefix))
        connection.execute("UPDATE boxes SET password = 'x'")
        connection.execute("INSERT INTO aliases VALUES ('toy.mail fremd', 'x', 'y')")
        connection.close()

    run(node, do)
    post(node.prefix).path.chmod(0o644)
    (node.prefix.state / "notes" / "a").write_text("von Hand")


def lose(node: Node) -> None:
    for path in (node.prefix.state / "post").iterdir():
        path.unlink()


def damage(node: Node) -> None:
    garbage(post(node.prefix))
    another_schema(ftp(node.prefix))


REFUSED = (("toy", "tell", "a", Reply(value="nonsense")),)
ROWS = Mail((BERT, "zwei"))

SCENARIOS = (
    Scenario("databases made", {}, {}, spoil=lose),
    Scenario("rows alone", {"b": ROWS}, {"b": Mail((BERT,)), "c": Mail(("zwei",), ftp=True), "d": None}),
    Scenario("rows, file and daemon", {"a": OLD, "b": ROWS}, {"a": NEW}),
    Scenario("a new one refused by the daemon", {}, {"a": NEW, "b": ROWS}, REFUSED),
    Scenario("a change refused by the daemon", {"a": OLD}, {"a": NEW, "b": ROWS}, REFUSED),
    Scenario("removed", {"a": OLD, "b": ROWS}, {"a": None, "b": None}),
    Scenario("drift set right", {"a": OLD, "b": ROWS}, {}, spoil=edit, audit=True),
    Scenario("damaged databases filled anew", {"a": OLD, "b": ROWS}, {}, spoil=damage, audit=True),
)


def work(agent: Agent, *, audit: bool) -> None:
    agent.fix()
    agent.reach()
    agent.fetch()
    agent.work()
    if audit:
        agent.audit_now()
        agent.work()
    agent.deliver()
    agent.executor.close()


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with Node.made() as made:
        yield made


class Stage:
    """A node as it is before the change, to go back to."""

    def __init__(self, node: Node, scenario: Scenario, folder: Path) -> None:
        self.node, self.folder, self.scenario = node, folder, scenario
        shutil.rmtree(node.prefix.state)
        node.prefix.state.mkdir(mode=0o711)
        make_folders(node.prefix)
        node.intent = Intent()
        for key, spec in scenario.before.items():
            node.intent.put("toy.mail", key, spec)
        assert run(node, partial(work, audit=False)) is not None
        scenario.spoil(node)
        for key, changed in scenario.change.items():
            node.intent.put("toy.mail", key, changed)
        self.intent = copy.deepcopy(node.intent)
        self._copy(node.prefix.state, folder)

    def again(self) -> None:
        shutil.rmtree(self.node.prefix.state)
        self._copy(self.folder, self.node.prefix.state)
        self.node.intent = copy.deepcopy(self.intent)

    def do(self, at: int = killing.NEVER) -> int | None:
        return run(self.node, partial(work, audit=self.scenario.audit), at, stubborn=self.scenario.stubborn)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        shutil.copytree(source, target, copy_function=_copy_file)
        for path in (target, *target.rglob("*")):
            _own(source / path.relative_to(target), path)


def _copy_file(source: str, target: str) -> None:
    shutil.copy2(source, target)


def _own(source: Path, target: Path) -> None:
    found = source.stat()
    shutil.chown(target, found.st_uid, found.st_gid)
    target.chmod(found.st_mode & 0o7777)


def picture(node: Node) -> dict[str, Any]:
    databases = (post(node.prefix), ftp(node.prefix))
    keys = {key for database in databases for key in lookup.owners(database, "toy.mail")}
    return {
        "rows": [lookup.rows(database, map(owner, sorted(keys))) for database in databases],
        "wrong": [lookup.wrong(database) for database in databases],
        "modes": [modes(database) for database in databases],
        "files": tree(node.prefix.state, ("agent", "post/")),
        "journal": killing.journal_of(node),
    }


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_killed_anywhere_it_ends_the_same(node: Node, scenario: Scenario, tmp_path: Path) -> None:
    stage = Stage(node, scenario, tmp_path / "before")
    readable = isinstance(boxes(post(node.prefix)), list)
    boundaries = stage.do()
    assert boundaries and boundaries > 8, "the change did nothing"
    wanted, read = picture(node), boxes(post(node.prefix))
    assert wanted["wrong"] == ["", ""]
    for at in killing.some(boundaries):
        stage.again()
        stage.do(at)
        assert not readable or isinstance(boxes(post(node.prefix)), list), f"unreadable when killed at {at}"
        assert stage.do() is not None
        assert picture(node) == wanted, f"killed at boundary {at} of {boundaries}"
    assert boxes(post(node.prefix)) == read


def test_the_pictures_tell_something(node: Node, tmp_path: Path) -> None:
    """What the comparison above compares is what was wanted."""
    refused = next(one for one in SCENARIOS if one.name == "a change refused by the daemon")
    stage = Stage(node, refused, tmp_path / "before")
    before = lookup.rows(post(node.prefix), [owner("a")])
    stage.do()
    found = picture(node)
    assert [boxes(database) for database in (post(node.prefix), ftp(node.prefix))] == [
        ["alt", ANNA, BERT, "zwei"],
        ["alt", ANNA],
    ]
    assert lookup.rows(post(node.prefix), [owner("a")]) == before and set(before[owner("a")]) == {"aliases", "boxes"}
    assert {row[1]: row[6] for row in found["journal"] if len(row) == 8} == {"a": "failed", "b": "live"}
    assert found["files"]["notes/a"][3] == b"alt"
