"""Questions to Dovecot's administration socket, in doveadm's own protocol: one command a connection."""

import re
import socket
from pathlib import Path

from gasthof.slices.mail import rules

SECONDS = 20.0
GREETING = b"VERSION\tdoveadm-server\t1\t0\n"
ADMITTED = b"+\n"
LAST = re.compile(rb"\n([+-][^\n\t]*)\n\Z")
LONGEST = 1 << 20  # bytes of an answer


class Failed(RuntimeError):
    """Dovecot's own word for it."""


class NoUser(Failed):
    """Dovecot does not know whom it was asked about."""


def ask(path: Path, user: str, *words: str) -> str:
    """What the command prints. Failed when it fails, OSError when nobody answers."""
    line = "\t".join(["", user, *(_escaped(word) for word in words)])
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(SECONDS)
        stream.connect(str(path))
        stream.sendall(GREETING + line.encode() + b"\n")
        answer = _answer(stream)
    verdict = LAST.search(answer)
    if not verdict or verdict[1] != b"+":
        kind = NoUser if verdict and verdict[1] == b"-NOUSER" else Failed
        raise kind(f"doveadm {words[0]}: {(verdict[1] if verdict else answer)[:200].decode('utf-8', 'replace')}")
    return answer[: verdict.start()].decode("utf-8", "replace").strip("\t")


def delivered(path: Path, recipient: str, queue_id: str, since: int) -> bool:
    """Whether a mail of that name in Postfix' queue lies in one of the recipient's folders, whatever a filter did with it.

    The recipient may have a "+detail", as the mail's Delivered-To then has. A mailbox that Dovecot does not know holds nothing.
    """
    query = ("HEADER", "Received", f"id {queue_id}", "HEADER", "Delivered-To", recipient, "SAVEDSINCE", str(since))
    try:
        return bool(ask(path, rules.stripped(recipient), "search", *query).strip())
    except NoUser:
        return False


def _answer(stream: socket.socket) -> bytes:
    """All that comes after the word of admission. ConnectionError when the end is missing."""
    found = b""
    while not (found.startswith(ADMITTED) and LAST.search(found, len(ADMITTED) - 1)):
        part = stream.recv(65536)
        if not part or len(found) > LONGEST:
            raise ConnectionError("doveadm's answer has no end")
        found += part
    return found.removeprefix(ADMITTED)


def _escaped(word: str) -> str:
    """Dovecot's str_tabescape."""
    for character, name in (("\x01", "1"), ("\t", "t"), ("\r", "r"), ("\n", "n"), ("\0", "0")):
        word = word.replace(character, f"\x01{name}")
    return word
