"""Starts Postfix for a supervisor: `python -m gasthof.slices.mail.postfix`.

A master that was killed leaves servers behind that finish their sessions and hold its ports meanwhile. They have promised nothing yet
that is not in the queue, so they are ended first.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import postfix

SECONDS = 5.0
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def main() -> None:
    prefix = Prefix.current()
    os.chdir("/")
    end_leftovers(postfix.pid_file(prefix).parents[1])
    for preparation in (postfix.check_command(prefix), postfix.repair_command(prefix)):
        subprocess.run(preparation, check=True, env=ENVIRONMENT, stdin=subprocess.DEVNULL)
    arguments = postfix.command(prefix)
    os.execve(arguments[0], arguments, ENVIRONMENT)  # noqa: S606


def end_leftovers(queue: Path) -> None:
    """Kill Postfix' programs that work in this queue, and wait until they are gone or SECONDS are over."""
    until = time.monotonic() + SECONDS
    while (found := list(_leftovers(queue))) and time.monotonic() < until:
        for pid in found:
            _kill(pid)
        time.sleep(0.05)


def _leftovers(queue: Path) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _works_in(entry, queue):
            yield int(entry.name)


def _works_in(process: Path, queue: Path) -> bool:
    try:
        return (process / "cwd").readlink() == queue and (process / "exe").readlink().parent == Path(postfix.DAEMONS)
    except OSError:
        return False


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()
