"""One connection of Postfix' LMTP client, and the one to Dovecot that belongs to it.

Each mail has one recipient (lmtp_destination_recipient_limit = 1). Dovecot's answer is Postfix' answer: nothing is accepted here
before it lies in the mailbox.
"""

import contextlib
import logging
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gasthof.slices.mail.delivery import envelope
from gasthof.slices.mail.delivery.envelope import parsed, plain
from gasthof.slices.mail.delivery.journal import Journal, key_of
from gasthof.slices.mail.delivery.wire import Gone, Wire, message_tail
from gasthof.slices.mail.node import doveadm

SECONDS = 300.0  # for a line of either side; RFC 5321 section 4.5.3.2
UNCLEAR = 20  # seconds after which Dovecot has surely ended what it was about when the line broke
HEADER = 16384  # bytes in which Postfix' own line must have come
OFFERS = ("8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "SMTPUTF8")
AWAY = b"421 4.3.2 The mailboxes are away, try again"
LATER = b"451 4.3.0 It is not known whether this mail has arrived, try again"
UNKNOWN = b"550 5.1.1"
NOT_YET = b"450 4.1.1 This mailbox is not there at the moment, try again"

log = logging.getLogger("gasthof.mail.delivery")


@dataclass(frozen=True)
class Place:
    """What every session needs."""

    host: str
    lmtp: Path
    doveadm: Path
    journal: Journal
    now: Callable[[], datetime]
    unclear: int = UNCLEAR


class Session:
    def __init__(self, place: Place, stream: socket.socket) -> None:
        self.place = place
        self.postfix = Wire(stream, SECONDS)
        self.dovecot: Wire | None = None
        self.sender: envelope.Path | None = None
        self.recipient: envelope.Path | None = None

    def run(self) -> None:
        """Until either side goes."""
        with contextlib.suppress(Gone, OSError):
            self._say(f"220 {self.place.host} LMTP".encode())
            while self._answer(self.postfix.line()):
                pass
        self.postfix.close()
        if self.dovecot:
            self.dovecot.close()

    def _answer(self, line: bytes) -> bool:
        """False when the session is over."""
        verb = line[:4].upper()
        if verb == b"QUIT":
            self._say(b"221 2.0.0 Bye")
            return False
        commands = {
            b"LHLO": self._hello,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._reset,
        }
        try:
            commands.get(verb, self._unknown)(line)
        except (Gone, OSError, doveadm.Failed) as error:
            log.warning("%s: %r", verb.decode("ascii", "replace"), error)
            self._say(AWAY)
            return False
        except sqlite3.Error as error:
            log.warning("the journal: %r", error)
            self._say(LATER)
            return False
        return True

    def _say(self, line: bytes) -> None:
        self.postfix.send(line + b"\r\n")

    def _unknown(self, _line: bytes) -> None:
        self._say(b"500 5.5.1 No such command")

    def _hello(self, _line: bytes) -> None:
        self._connect()
        lines = [f"250-{word}" for word in (self.place.host, *OFFERS)]
        lines[-1] = lines[-1].replace("-", " ", 1)
        self._say("\r\n".join(lines).encode())

    def _connect(self) -> Wire:
        if self.dovecot is None:
            stream = socket.socket(socket.AF_UNIX)
            stream.connect(str(self.place.lmtp))
            self.dovecot = Wire(stream, SECONDS)
            self.dovecot.reply()
            self._ask(f"LHLO {self.place.host}\r\n".encode())
        return self.dovecot

    def _ask(self, line: bytes) -> list[bytes]:
        wire = self._connect()
        wire.send(line)
        return wire.reply()

    def _mail(self, line: bytes) -> None:
        found = parsed(line)
        self.sender, self.recipient = (plain(found) if found else None), None
        self._say(b"250 2.1.0 Ok" if found else b"501 5.5.4 No sender")

    def _rcpt(self, line: bytes) -> None:
        found = parsed(line)
        if not found or not self.sender:
            self._say(b"503 5.5.1 A sender and a recipient are needed")
        elif self.recipient:
            self._say(b"452 4.5.3 One recipient at a time")
        elif not plain(found).address:
            self._say(b"550 5.1.1 No such mailbox")
        else:
            self._begin(self.sender, plain(found))

    def _begin(self, sender: envelope.Path, recipient: envelope.Path) -> None:
        answer = self._ask(envelope.command(b"MAIL FROM", sender))
        if _good(answer):
            answer = self._ask(envelope.command(b"RCPT TO", recipient))
        if _good(answer):
            self.recipient = recipient
        else:
            self._ask(b"RSET\r\n")
            if answer[-1].startswith(UNKNOWN):  # Postfix hands over what it knows: Dovecot's look-up is behind
                answer = [NOT_YET]
        self._say(b"\r\n".join(answer))

    def _reset(self, _line: bytes) -> None:
        self._forget()
        self._say(b"250 2.0.0 Ok")

    def _forget(self) -> None:
        if self.recipient:
            self._ask(b"RSET\r\n")
        self.sender = self.recipient = None

    def _data(self, _line: bytes) -> None:
        if not self.recipient:
            self._say(b"503 5.5.1 No recipient")
            return
        self._say(b"354 Go on")
        start, last = self._start()
        name = envelope.queue_id(start)
        answer = self._deliver(name, self.recipient.address, start, last)
        self.sender = self.recipient = None
        self._say(answer)

    def _start(self) -> tuple[bytes, bool]:
        """The first part of the message, with Postfix' own header in it."""
        start, last = b"", False
        while not last and len(start) < HEADER and not envelope.queue_id(start):
            part, last = self.postfix.chunk(message_tail(b"\r\n", start))
            start += part
        return start, last

    def _deliver(self, name: str, recipient: bytes, start: bytes, last: bool) -> bytes:
        key = key_of(name, recipient) if name else b""
        verdict = self._verdict(name, key, recipient)
        if verdict:
            self._swallow(start, last)
            self._ask(b"RSET\r\n")
            return verdict
        if key:
            self.place.journal.begin(key, self.place.now())
        else:
            log.error("a mail for %r without a name in Postfix' queue", recipient)
        return self._hand_over(key, start, last)

    def _verdict(self, name: str, key: bytes, recipient: bytes) -> bytes:
        """What to say without delivering; b"" when it is to be delivered."""
        state, at = self.place.journal.known(key) if key else ("new", 0)
        if state == "new":
            return b""
        if state == "done":
            return b"250 2.0.0 Delivered before"
        if self.place.now().timestamp() - at < self.place.unclear:
            return LATER
        found = doveadm.delivered(self.place.doveadm, recipient.decode(), name, at - 1)
        log.warning(
            "%s broke off for %r: %s", name, recipient.decode(), "it had arrived" if found else "it comes again"
        )
        if not found:
            return b""
        self.place.journal.done(key)
        return b"250 2.0.0 Found delivered"

    def _hand_over(self, key: bytes, start: bytes, last: bool) -> bytes:
        wire = self._connect()
        answer = self._ask(b"DATA\r\n")
        if answer[-1][:1] != b"3":
            self._swallow(start, last)
        else:
            wire.send(start)
            tail = message_tail(b"\r\n", start)
            while not last:
                part, last = self.postfix.chunk(tail)
                tail = message_tail(tail, part)
                wire.send(part)
            answer = wire.reply()
        if key and _good(answer):  # a Dovecot that is going says 421 to what it has saved
            with contextlib.suppress(sqlite3.Error):  # it lies in the mailbox: if it comes again, it is looked for
                self.place.journal.done(key)
        return b"\r\n".join(answer)

    def _swallow(self, start: bytes, last: bool) -> None:
        tail = message_tail(b"\r\n", start)
        while not last:
            part, last = self.postfix.chunk(tail)
            tail = message_tail(tail, part)


def _good(answer: list[bytes]) -> bool:
    return answer[-1][:1] == b"2"
