"""A deletion that meets somebody else's things under the number it was told: nothing goes, and it says so (numbers come again)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gasthof.agent.loop import Agent
from gasthof.agent.tests.node import Node

STRANGER = 2_000_777


@pytest.fixture
def node() -> Iterator[Node]:
    with Node.made() as made:
        yield made


def obey(agent: Agent) -> None:
    agent.reach()
    agent.fetch()
    agent.work()
    agent.deliver()


def settled(node: Node) -> tuple[Agent, Path]:
    spec, agent = node.put_home(), node.agent()
    obey(agent)
    web = node.prefix.home(spec.name) / "web"
    (web / "größe.txt").write_text("unersetzlich")
    return agent, web


@pytest.mark.parametrize("folder", ["web", "tmp"])
def test_what_another_owns_by_now_stays_and_the_report_says_whose_it_is(node: Node, folder: str) -> None:
    agent, web = settled(node)
    os.chown(web.parent / folder, STRANGER, STRANGER)
    (web.parent / folder / "fremd.txt").write_text("unersetzlich")
    node.drop("subscriptions.home", "s000012")
    obey(agent)
    assert (web.parent / folder / "fremd.txt").read_text() == "unersetzlich"
    assert node.intent.states()["s000012"][-1] == "failed"
    said = node.intent.words("s000012")
    assert f"uid {STRANGER}" in said and "nothing of" in said and (web / "größe.txt").exists()


def test_what_is_ours_goes(node: Node) -> None:
    agent, web = settled(node)
    os.chown(web / "größe.txt", web.stat().st_uid, -1)
    node.drop("subscriptions.home", "s000012")
    obey(agent)
    assert not web.parent.exists() and node.intent.states()["s000012"][-1] == "live"
