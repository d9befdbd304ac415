"""What a killed main process leaves behind: children of its that hold its ports or its data against the next one.

They are known by their program and by the folder they work in, which is their daemon's alone. For modules that start a daemon.
Standard library only.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SECONDS = 5.0


def tell(room: Path, program: Path, number: signal.Signals) -> None:
    """Send a signal to each, once. `program`: an executable, or the folder in which a daemon's executables lie."""
    for pid in _working(room, program):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def end(room: Path, program: Path) -> None:
    """Kill them, and wait until they are gone or SECONDS are over."""
    until = time.monotonic() + SECONDS
    while any(_working(room, program)) and time.monotonic() < until:
        tell(room, program, signal.SIGKILL)
        time.sleep(0.02)


def _working(room: Path, program: Path) -> Iterator[int]:
    """Their ids. Of other users' processes nothing can be seen but by root."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _works_in(entry, room, program):
            yield int(entry.name)


def _works_in(process: Path, room: Path, program: Path) -> bool:
    try:
        executable = Path(str((process / "exe").readlink()).removesuffix(" (deleted)"))  # upgraded meanwhile
        return program in (executable, executable.parent) and (process / "cwd").readlink() == room.resolve()
    except OSError:
        return False
