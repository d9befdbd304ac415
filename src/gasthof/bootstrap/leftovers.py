"""Processes of a prefix that no supervisor watches: customers' PHP, and what a killed supervisor left behind."""

import contextlib
import os
import signal
from collections.abc import Callable

from gasthof.bootstrap import machine
from gasthof.bootstrap.configuration import UIDS_EACH, has_uids
from gasthof.bootstrap.machine import Process
from gasthof.bootstrap.supervisor import Supervisor, wait_until
from gasthof.prefix import Prefix


def customers(prefix: Prefix) -> list[Process]:
    """All that runs as one of this installation's customers. Before `up` has chosen their uids there are none."""
    if not has_uids(prefix.root):
        return []  # the default range may be somebody else's: a container's, say
    first = prefix.uid_base
    return [one for one in machine.processes() if first <= one.uid < first + UIDS_EACH]


def orphans(prefix: Prefix) -> list[Process]:
    """Members of a dead supervisor's session. One of them has to name the prefix: the pid may be another's by now."""
    supervisor = Supervisor(prefix)
    session = supervisor.last_pid
    if session is None or supervisor.pid is not None:
        return []
    members = [one for one in machine.processes() if one.session == session]
    named = any(f"{prefix.root}/" in one.command or _started_for(one, prefix) for one in members)
    return members if named else []


def _started_for(process: Process, prefix: Prefix) -> bool:
    try:
        entries = (machine.PROC / str(process.pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"GASTHOF_PREFIX={prefix.root}".encode() in entries


def end(find: Callable[[], list[Process]], polite: signal.Signals = signal.SIGTERM, seconds: float = 10) -> int:
    """Ask them to end, then end them; how many there were. PostgreSQL ends quickly on INT only."""
    found = find()
    for one in found:
        _signal(one, signal.SIGINT if "postgres" in one.command else polite)
    while not wait_until(lambda: not find(), seconds):
        for one in find():
            _signal(one, signal.SIGKILL)
        seconds = 2
    return len(found)


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
