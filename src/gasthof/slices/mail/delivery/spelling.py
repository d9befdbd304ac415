"""Tells Postfix' smtpd how a command is spelled with A-labels: the socketmap protocol (socketmap_table(5)), netstrings both ways."""

import contextlib
import socket
from collections.abc import Callable

from gasthof.slices.mail.delivery.envelope import spelled

SECONDS = 600.0  # smtpd keeps the connection; it goes before that
LONGEST = 100_000


def answer(question: bytes) -> bytes:
    """To "command LINE"."""
    _, _, line = question.partition(b" ")
    found = spelled(line)
    return b"OK " + found if found else b"NOTFOUND "


def serve(stream: socket.socket) -> None:
    """Until the other side goes, or sends what is no netstring."""
    with contextlib.suppress(OSError, ValueError), stream:
        stream.settimeout(SECONDS)
        with stream.makefile("rb") as found:
            while length := _length(found.read):
                said = answer(found.read(length))
                if found.read(1) != b",":
                    return
                stream.sendall(b"%d:%b," % (len(said), said))


def _length(read: Callable[[int], bytes]) -> int:
    """0 at the end of the stream; ValueError for what is no length."""
    digits = b""
    while (character := read(1)) not in (b":", b""):
        digits += character
        if len(digits) > len(str(LONGEST)):
            raise ValueError("no netstring")
    return min(int(digits), LONGEST) if digits else 0
