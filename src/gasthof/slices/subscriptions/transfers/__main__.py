"""`python -m gasthof.slices.subscriptions.transfers`: carries contents out and in beside the agent, which asks until it is done.

One JSON line a request, one a reply: {"verb", "argument"} -> {"ok": true}, {"ok": true, "working": true} or {"ok": false, "error"}.
Its memory is what lies on the disk (marks.py): killed and started again, it begins what it is asked for anew.
"""

import json
import logging
import os
import signal
import socketserver
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from gasthof.agent import transfer
from gasthof.agent.kinds import Machine
from gasthof.agent.sdk import customer
from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.node.places import LOAD, control
from gasthof.slices.subscriptions.spec import HomeSpec, TransferSpec
from gasthof.slices.subscriptions.transfers.jobs import Jobs
from gasthof.slices.subscriptions.transfers.sizes import Sizes
from gasthof.slices.subscriptions.transfers.store import Store

LONGEST_LINE = 64 * 1024 * 1024  # bytes: a request carries a subscription's settings
DONE, WORKING = {"ok": True}, {"ok": True, "working": True}
Answer = dict[str, Any]


class Service:
    """What it is asked for, and what it says."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.store = Store(machine, transfer.installed())
        self.jobs = Jobs()
        self.sizes = Sizes()

    def answer(self, line: bytes) -> Answer:
        """Whatever is wrong with a request comes back as words."""
        verbs: dict[str, Callable[[str], Answer]] = {
            "hello": lambda _: DONE, "save": self.save, "load": self.load, "forget": self.forget, "size": self.size,
        }  # fmt: skip
        try:
            request = json.loads(line)
            return verbs[request["verb"]](request.get("argument", ""))
        except (OSError, ValueError, KeyError, TypeError) as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    def save(self, argument: str) -> Answer:
        spec = msgspec.json.decode(argument, type=TransferSpec)
        self.store.unwanted.discard(spec.export)
        return self._until(self.store.saved(spec.export), spec.export, lambda: self.store.save(spec))

    def load(self, argument: str) -> Answer:
        spec = msgspec.json.decode(argument, type=TransferSpec)
        name, done = f"{spec.export}/{spec.subscription}", self.store.loaded(spec.export, spec.subscription)
        self.store.unwanted.discard(name)
        return self._until(done, name, lambda: self.store.load(spec))

    def forget(self, argument: str) -> Answer:
        """An export, after all else that is under way with it; or the order to load one, after the part that is being loaded."""
        self.store.unwanted.add(argument)
        if LOAD.fullmatch(argument):
            return DONE if self.jobs.ended(argument) else WORKING
        name = f"{argument}/forget"
        if self.jobs.busy(argument, besides=name):
            return WORKING
        return self._until(not self.store.remains(argument), name, lambda: self.store.forget(argument))

    def size(self, argument: str) -> Answer:
        home = msgspec.json.decode(argument, type=HomeSpec)
        root = self.machine.prefix.home(home.name) / "web"
        return DONE | {"bytes": self.sizes.of(home.name, root, home.uid)}

    def _until(self, done: bool, name: str, work: Callable[[], None]) -> Answer:
        if done:
            return DONE
        words = self.jobs.begin(name, work)
        return WORKING if words is None else {"ok": False, "error": words}


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        service: Service = self.server.service  # type: ignore[attr-defined]
        while line := self.rfile.readline(LONGEST_LINE):
            self.wfile.write(json.dumps(service.answer(line)).encode() + b"\n")


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, service: Service) -> None:
        path.unlink(missing_ok=True)
        super().__init__(str(path), Conversation)
        path.chmod(0o600)
        self.service = service


def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    prefix = Prefix.current()
    os.umask(0)  # every mode is said; acting as a customer in one thread must not change what another makes
    os.chdir("/")
    customer.forget_groups()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))  # what is under way is begun anew: it can bear that
    Server(control(prefix), Service(Machine(prefix, SystemClock()))).serve_forever()


if __name__ == "__main__":
    main()
