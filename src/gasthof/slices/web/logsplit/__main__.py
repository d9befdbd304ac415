"""`python -m gasthof.slices.web.logsplit`: gives each customer the lines of its own sites. TERM ends it."""

import argparse
import signal
import sqlite3
import sys
import threading

from gasthof.prefix import Prefix
from gasthof.slices.web.logsplit.journal import Journal
from gasthof.slices.web.logsplit.source import Source
from gasthof.slices.web.logsplit.split import Splitter
from gasthof.slices.web.logsplit.targets import Targets
from gasthof.slices.web.node.nginx import pid_file

MIB = 2**20
LARGEST_SOURCE = 64 * MIB
LARGEST_TARGET = 16 * MIB
KEPT = 4  # older logs a customer
PAUSE = 0.5  # seconds, when there is nothing to do
AFTER_TROUBLE = 5.0


def main() -> None:
    options = _options()
    prefix = Prefix.current()
    journal = Journal(prefix.logs / "split.db")
    errors = prefix.logs / "nginx-error.log"
    source = Source(prefix.logs / "access.log", pid_file(prefix), options.source, errors)
    splitter = Splitter(source, Targets(prefix.customers, largest=options.target, keep=options.keep), journal)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _run(splitter, stop)
    journal.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="logsplit")
    parser.add_argument(
        "--source", type=int, default=LARGEST_SOURCE, help="bytes after which the log of all sites is set aside"
    )
    parser.add_argument(
        "--target", type=int, default=LARGEST_TARGET, help="bytes after which a customer's log is set aside"
    )
    parser.add_argument("--keep", type=int, default=KEPT, help="how many of a customer's older logs stay")
    return parser.parse_args()


def _run(splitter: Splitter, stop: threading.Event) -> None:
    """Trouble, a full disk say, is waited out: who else would set the logs aside?"""
    sound = False
    while not stop.is_set():
        try:
            if not sound:
                splitter.recover()
                sound = True
            if not splitter.step():
                stop.wait(PAUSE)
        except (OSError, sqlite3.Error) as error:
            print(error, file=sys.stderr, flush=True)  # noqa: T201 - the process' own log
            sound = False
            stop.wait(AFTER_TROUBLE)


main()
