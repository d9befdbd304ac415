"""`python -m gasthof.agent`: the node's agent. Environment: GASTHOF_PREFIX.

Without an option it runs for ever; TERM and INT end it after the step at hand, USR1 starts an audit pass at once.
"""

import argparse
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import TextIO

import msgspec

from gasthof.agent import knowledge, preview
from gasthof.agent.journal import Journal
from gasthof.agent.kinds import Machine
from gasthof.agent.link import Link
from gasthof.agent.loop import Agent
from gasthof.agent.sdk import customer
from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix

PATIENCE = 10.0  # seconds that a predecessor may take to end
BUSY = 75  # sysexits.h, EX_TEMPFAIL: another agent holds the lock


class Stopped(Exception):
    """A signal came while there was nothing to do."""


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    prefix = Prefix.current()
    os.umask(0o022)
    os.chdir("/")
    customer.forget_groups()
    prefix.state.mkdir(mode=0o711, exist_ok=True)
    if options.plan or options.parts:
        return _printed(_lines(prefix, parts=options.parts))
    with _alone(prefix.state / "agent.lock", 0.0 if options.fixtures else PATIENCE) as alone:
        if not alone:
            sys.stderr.write("an agent is running already; it sees to everything\n")
            return 0 if options.fixtures else BUSY
        return _work(prefix, options)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m gasthof.agent", description="The node's agent.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--once", action="store_true", help="fetch, apply, report, end; 1 when something failed")
    what.add_argument("--audit", action="store_true", help="like --once, with a whole audit pass")
    what.add_argument("--fixtures", action="store_true", help="only what the node always has, without a control plane")
    what.add_argument("--plan", action="store_true", help="print what would change, as a diff; change nothing")
    what.add_argument("--parts", action="store_true", help="the same as JSON, a line for each object, cut to size")
    return parser.parse_args(arguments)


@contextmanager
def _alone(path: Path, seconds: float) -> Iterator[bool]:
    """Whether this is the only agent of the prefix, after waiting that long. The lock goes with the process, however that ends."""
    until = monotonic() + seconds
    with path.open("w") as handle:
        while not (alone := _locked(handle)) and monotonic() < until:
            sleep(0.05)
        yield alone


def _locked(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _agent(prefix: Prefix) -> Agent:
    machine = Machine(prefix, SystemClock())
    return Agent(machine, knowledge.installed(), Journal(prefix.state / "agent.db"), lambda: Link.of(prefix))


def _work(prefix: Prefix, options: argparse.Namespace) -> int:
    agent = _agent(prefix)
    if options.fixtures:
        failed = agent.fix()
        agent.close()
        return 1 if failed else 0
    if options.once or options.audit:
        return _once(agent, audit_too=options.audit)
    _run(agent)
    return 0


def _once(agent: Agent, *, audit_too: bool) -> int:
    agent.fix()
    agent.reach()
    agent.fetch()
    agent.work()
    if audit_too:
        agent.audit_now()
    agent.measure_all()
    agent.deliver()
    well = agent.link is not None and not agent.fixtures.broken and not agent.journal.open_ids()
    agent.close()
    return 0 if well else 1


def _run(agent: Agent) -> None:
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        if agent.waiting:
            raise Stopped

    def look(_number: int, _frame: FrameType | None) -> None:
        agent.audit_at = 0.0
        if agent.waiting:
            raise InterruptedError

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.signal(signal.SIGUSR1, look)
    try:
        agent.run(lambda: stopping)
    except Stopped:
        pass
    finally:
        agent.close()


def _lines(prefix: Prefix, *, parts: bool) -> Iterator[str]:
    agent = _agent(prefix)
    return (msgspec.json.encode(part).decode() for part in preview.parts(agent)) if parts else preview.preview(agent)


def _printed(lines: Iterator[str]) -> int:
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit would fail again
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
