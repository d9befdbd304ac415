"""A node with the agent and the program that carries contents, and two places on it: one of before, one of after."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gasthof.agent.loop import Agent
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.tests.node import UMLAUT, Node, tree
from gasthof.slices.subscriptions.node.places import control
from gasthof.slices.subscriptions.spec import TransferSpec
from gasthof.slices.web.tests.nginx_harness import connects, wait_for

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
