"""Runs an agent in a forked child that kills itself, -9, at the n-th boundary: between any two steps and journal writes, and
before and after each call that changes a file system. `EVERY=3` takes each third boundary, as the whole check does.
"""

import functools
import os
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import apsw

from gasthof.agent import execute, knowledge, lookup_files, loop, rows
from gasthof.agent.execute import Executor
from gasthof.agent.journal import Journal
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.run import Run
from gasthof.agent.sdk import place
from gasthof.agent.sdk.ask import Reply, Service
from gasthof.agent.sdk.steps import LookupDatabase
from gasthof.agent.tests.node import Node, connecting
from gasthof.kernel.clock import SystemClock

CHANGING = ("replace", "link", "unlink", "mkdir", "rmdir", "rename", "fchown", "fchmod", "chmod", "setxattr", "kill")
SETTING = ("_set", "_replace", "_remember", "_forget")  # of rows.py
MAKING = ("_own", "_empty", "_fill")  # of lookup_files.py
WRITING = ("take", "mark", "note_drift", "told", "forsake")
NEVER = 10**9
PATIENCE = 60.0  # seconds for what is removed: on a busy machine a slice is not enough for a few files
EVERY = int(os.environ.get("EVERY", "1"))


class Countdown:
    """Kills its own process at the n-th tick."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def tick(self) -> None:
        if self.count == self.at:
            REAL_KILL(os.getpid(), signal.SIGKILL)
        self.count += 1


REAL_KILL = os.kill


class Watched(Executor):
    countdown: Countdown

    def steps(self, runs: Sequence[Run]) -> Iterator[str]:
        self.countdown.tick()
        for name in super().steps(runs):
            self.countdown.tick()
            yield name


class Stubborn:
    """The real daemon, except that one argument of one verb is refused or answered wrongly."""

    def __init__(self, real: Service, verb: str, argument: str, reply: Reply) -> None:
        self.real, self.verb, self.argument, self.reply = real, verb, argument, reply

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        found = dict(self.real.ask(verb, arguments))
        return found | ({self.argument: self.reply} if verb == self.verb and self.argument in found else {})


def ticking(countdown: Countdown, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def call(*given: Any, **named: Any) -> Any:
        countdown.tick()
        result = real(*given, **named)
        countdown.tick()
        return result

    return call


def ticking_at_commit(countdown: Countdown, real: Callable[..., apsw.Connection]) -> Callable[..., apsw.Connection]:
    """A connection that may be killed in the middle of a COMMIT, and does not wait for the disk."""

    def opened(database: LookupDatabase) -> apsw.Connection:
        connection = real(database)
        connection.pragma("synchronous", "off")
        connection.set_commit_hook(lambda: bool(countdown.tick()))
        return connection

    return opened


def child(
    node: Node, at: int, work: Callable[[loop.Agent], None], taught: Knowledge | None, stubborn: tuple[Any, ...]
) -> int:
    countdown = Countdown(at)
    execute.SLICE = PATIENCE
    machine = Machine(node.prefix, SystemClock())
    taught = taught or knowledge.installed()
    asked = {service: Stubborn(taught.services[service](node.prefix), *rest) for service, *rest in stubborn}
    executor = Watched(machine, taught, asked)
    executor.countdown = countdown
    journal = Journal(node.prefix.state / "agent.db")
    without_disk(journal)
    agent = loop.Agent(machine, taught, journal, connecting(node.intent), executor)
    for name in WRITING:
        setattr(journal, name, ticking(countdown, getattr(journal, name)))
    for name in CHANGING:
        setattr(os, name, ticking(countdown, getattr(os, name)))
    for name in SETTING:
        setattr(rows, name, ticking(countdown, getattr(rows, name)))
    for name in MAKING:
        setattr(lookup_files, name, ticking(countdown, getattr(lookup_files, name)))
    rows.opened = ticking_at_commit(countdown, rows.opened)
    work(agent)
    return countdown.count


def without_disk(journal: Journal) -> None:
    """A kill leaves what the kernel has; only a power cut would ask what the disk has. Waiting for it would take minutes."""
    journal.db.execute("PRAGMA synchronous = OFF")
    os.fsync = lambda _descriptor: None
    place.sync_all = lambda _root: None


def run(
    node: Node,
    work: Callable[[loop.Agent], None],
    at: int = NEVER,
    taught: Knowledge | None = None,
    stubborn: tuple[Any, ...] = (),
) -> int | None:
    """The number of boundaries passed, or None when it was killed. What it told the control plane is in node.intent only if it lived."""
    for agent in node.agents:  # SQLite's connections must not cross a fork
        agent.executor.close()
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writer, str(child(node, at, work, taught, stubborn)).encode())
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = told.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert os.WEXITSTATUS(status) == 0, "the agent failed by itself"
    return int(said)


def some(boundaries: int) -> range:
    """Those to be killed at. Most stand in pairs: a call has ended, and the next one begins."""
    return range(0, boundaries, EVERY)


def journal_of(node: Node) -> list[tuple[Any, ...]]:
    """What the journal ends with, but for the numbers that only count attempts."""
    with sqlite3.connect(node.prefix.state / "agent.db") as db:
        objects = db.execute(
            "SELECT kind, key, revision, spec_version, spec, scope, state, before FROM object ORDER BY kind, key"
        )
        found = list(objects)
        return [*found, *db.execute("SELECT kind, key, revision, state FROM outbox WHERE state <> 'drift' ORDER BY id")]
