"""`python -m gasthof.slices.web.activator`: listens for every customer's PHP and starts it when somebody comes.

TERM ends it and all masters. QUIT (or its death) leaves the masters serving; the next one takes them over.
"""

import argparse
import fcntl
import os
import signal
import socket
import sys
import time
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.web.activator.control import Control
from gasthof.slices.web.activator.house import SWEEP, House
from gasthof.slices.web.activator.loop import Loop
from gasthof.slices.web.activator.machine import look

MASTER_MEMORY = 64 * 2**20  # bytes; a master with a worker or two, generously
MOST_MASTERS = 1000


def main() -> None:
    options = _options()
    prefix = Prefix.current()
    os.umask(0o077)
    lock = _lock(prefix)
    loop = Loop()
    machine = look()
    house = House(prefix, loop, machine, masters=options.masters, idle=options.idle, sweep=options.sweep)
    house.open()
    Control(prefix.activator_control, loop, house)
    _obey(loop, house)
    for sentence in machine.lacks():
        print(f"this machine lacks: {sentence}", file=sys.stderr)  # noqa: T201 - the process' own log
    loop.run()
    os.close(lock)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="activator")
    parser.add_argument(
        "--masters", type=int, default=_default_masters(), help="how many customers' PHP may run at once"
    )
    parser.add_argument("--idle", type=float, default=60.0, help="seconds without work after which one is ended")
    parser.add_argument("--sweep", type=float, default=SWEEP, help="seconds between two looks at what runs")
    return parser.parse_args()


def _default_masters() -> int:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(10, min(MOST_MASTERS, memory // MASTER_MEMORY))


def _lock(prefix: Prefix) -> int:
    """One activator a prefix; the dying one before may take a moment."""
    folder = prefix.run / "activator"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(100):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            time.sleep(0.05)
    sys.exit(f"another activator serves {Path(prefix.root)}")


def _obey(loop: Loop, house: House) -> None:
    """Turn signals into events of the loop."""
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())

    def stop() -> None:
        loop.running = False

    def obey(_: int) -> None:
        for number in woken.recv(64):
            if number == signal.SIGQUIT:
                stop()
            elif number in (signal.SIGTERM, signal.SIGINT):
                house.close(stop)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)
    loop.watch(woken.fileno(), obey)
    waker.detach()


main()
