"""`python -m gasthof.slices.mail.delivery`: the process between Postfix and Dovecot, one thread a connection (decision 0006)."""

import argparse
import logging
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from gasthof.kernel.clock import SystemClock
from gasthof.prefix import Prefix
from gasthof.slices.mail.delivery.journal import Journal
from gasthof.slices.mail.delivery.session import UNCLEAR, Place, Session
from gasthof.slices.mail.delivery.spelling import serve
from gasthof.slices.mail.node import places

HOUR = 3600.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m gasthof.slices.mail.delivery")
    parser.add_argument("--unclear", type=int, default=UNCLEAR, help="seconds before a broken delivery is looked into")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s")
    prefix, clock = Prefix.current(), SystemClock()
    journal = Journal(places.state(prefix) / "delivery" / "journal.db")
    place = Place(
        prefix.host,
        places.dovecot_socket(prefix, "lmtp"),
        places.dovecot_socket(prefix, "doveadm-server"),
        journal,
        clock.now,
        options.unclear,
    )
    threading.Thread(target=_purge, args=(journal, clock), daemon=True).start()
    spellings = _listener(places.spelling_socket(prefix))
    threading.Thread(target=_serve, args=(spellings, serve), daemon=True).start()
    _serve(_listener(places.delivery_socket(prefix)), lambda stream: Session(place, stream).run())


def _serve(listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=answer, args=(stream,), daemon=True).start()


def _listener(path: Path) -> socket.socket:
    """The folder's group is Postfix', and the socket gets it from there."""
    with suppress(FileNotFoundError):
        path.unlink()
    os.umask(0o117)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(128)
    return listener


def _purge(journal: Journal, clock: SystemClock) -> None:
    while True:
        with suppress(sqlite3.Error):
            journal.purge(clock.now())
        time.sleep(HOUR)


if __name__ == "__main__":
    main()
