"""What the node always has, changed by hand: noted once, told, set right; and what looks like it and is none."""

import logging
from collections.abc import Iterator

import pytest

from gasthof.agent import knowledge
from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.loop import Agent
from gasthof.agent.sdk.steps import Ask
from gasthof.agent.tests.fixture import place, taught
from gasthof.agent.tests.node import Node
from gasthof.agent.tests.toy import Daemon
from gasthof.agent.wire import FixtureDrift
from gasthof.kernel.clock import SystemClock


class House:
    """A node with one fixture."""

    def __init__(self, node: Node) -> None:
        self.node, self.place = node, place(node.prefix)
        self.agent: Agent = node.agent(taught("eins"))

    def again(self, what: Knowledge, executor: Executor | None = None) -> None:
        """The agent ends, and starts with this knowledge."""
        self.agent.journal.close()
        self.agent = self.node.agent(what, executor)

    def noted(self) -> list[str]:
        """What waits to be told, without the path."""
        return [one.words.rpartition(": ")[2] for one in self.agent.journal.untold_fixtures()]


@pytest.fixture
def house() -> Iterator[House]:
    with Node.made() as node:
        yield House(node)


def test_a_first_start_is_no_drift(house: House) -> None:
    assert house.agent.fix() == [] and house.place.read_text() == "eins"
    assert house.agent.fix() == [] and house.noted() == []


def test_a_new_version_is_no_drift_and_what_follows_is(house: House) -> None:
    house.agent.fix()
    house.again(taught("zwei"))
    assert house.agent.fix() == [] and house.place.read_text() == "zwei" and house.noted() == []
    house.place.unlink()
    house.agent.fix()
    assert house.noted() == ["missing"] and house.place.read_text() == "zwei"


@pytest.mark.parametrize("harm", ["edited", "deleted", "opened"])
def test_what_was_done_by_hand_is_noted_logged_and_set_right(
    house: House, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.agent.fix()
    if harm == "edited":
        house.place.write_text("von Hand")
    elif harm == "deleted":
        house.place.unlink()
    else:
        house.place.chmod(0o666)
    with caplog.at_level(logging.WARNING):
        house.agent.fix()
    words = {"edited": "content differs", "deleted": "missing", "opened": "mode 0666, not 0600"}[harm]
    assert house.noted() == [words]
    assert f"fixture toy.daemon was changed by hand: {house.place}: {words}" in caplog.text
    assert (house.place.read_text(), house.place.stat().st_mode & 0o777) == ("eins", 0o600)


def test_an_audit_pass_tells_it_and_once(house: House) -> None:
    house.agent.fix()
    house.place.write_text("von Hand")
    house.agent.reach()
    for _ in range(2):
        house.agent.audit_now()
    told = [one for report in house.node.intent.reports for one in report.fixtures]
    assert told == [FixtureDrift("toy.daemon", f"{house.place}: content differs")] and house.noted() == []


def test_it_outlives_an_agent_that_ends_before_it_could_tell(house: House) -> None:
    house.agent.fix()
    house.place.write_text("von Hand")
    house.agent.fix()
    house.again(taught("eins"))
    house.agent.fix()
    house.agent.reach()
    house.agent.deliver()
    assert [len(report.fixtures) for report in house.node.intent.reports if report.fixtures] == [1]


def test_what_cannot_be_set_right_is_noted_once_until_it_was(house: House) -> None:
    house.agent.fix()
    daemon = Daemon(house.node.prefix, away=True)
    known = taught("eins", Ask("toy", "tell", "daemon.conf"))
    house.again(known, Executor(Machine(house.node.prefix, SystemClock()), known, {"toy": daemon}))
    for _ in range(3):
        house.place.write_text("von Hand")
        assert house.agent.fix()
    assert house.noted() == ["content differs"]
    house.agent.journal.told_fixtures(house.agent.journal.untold_fixtures())
    assert house.agent.fix() and house.noted() == []
    daemon.away = False
    assert house.agent.fix() == []
    house.place.write_text("von Hand")
    house.agent.fix()
    assert house.noted() == ["content differs"]


def test_every_fixture_of_the_house_says_what_it_wants() -> None:
    with Node.made() as node:
        machine = Machine(node.prefix, SystemClock())
        for fixture in knowledge.installed().fixtures:
            plan = fixture.plan(node.prefix, fixture.gather(machine))
            assert plan.wanted, f"{fixture.name}: Plan(wanted=draft.wanted) tells drift from what is newly wanted"
            assert plan.notes, fixture.name
