"""The LMTP dialogue with a Dovecot that breaks off at each moment: what Postfix is told, and what is known afterwards."""

import contextlib
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gasthof.slices.mail.delivery.journal import Journal, key_of
from gasthof.slices.mail.delivery.session import Place, Session
from gasthof.slices.mail.delivery.wire import END, Gone, Wire, message_tail

TOP = b"Received: from a (b [c])\r\n\tby h.test (Postfix) with ESMTP id 4jXYyM0r32zKcVl\r\n\tfor <a@b.test>; Sun\r\n"
MAIL = TOP + b"Subject: x\r\n\r\n..\r\nx\r\n"
KEY = key_of("4jXYyM0r32zKcVl", b"a@b.test")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Counterpart:
    """Plays Dovecot on two sockets: what it does with a message is a test's choice."""

    folder: Path
    answer: bytes | None = b"250 2.0.0 Saved"  # None: it goes without one
    found: bool = False
    mails: list[bytes] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)
    now: datetime = NOON

    def place(self, journal: Journal) -> Place:
        return Place("h.test", self.folder / "lmtp", self.folder / "doveadm", journal, lambda: self.now)

    def listen(self, name: str, serve: Callable[[socket.socket], None]) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.folder / name))
        listener.listen()

        def until_it_goes(stream: socket.socket) -> None:
            with contextlib.suppress(Gone, OSError):
                serve(stream)

        def accept() -> None:
            while True:
                stream, _ = listener.accept()
                threading.Thread(target=until_it_goes, args=(stream,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()

    def lmtp(self, stream: socket.socket) -> None:
        wire = Wire(stream, 5)
        wire.send(b"220 d\r\n")
        while True:
            line = wire.line()
            self.asked.append(line)
            if line == b"DATA":
                wire.send(b"354 go\r\n")
                content, last = b"", False
                while not last:
                    part, last = wire.chunk(message_tail(b"\r\n", content))
                    content += part
                self.mails.append(content)
                if self.answer is None:
                    stream.close()
                    return
                wire.send(self.answer + b"\r\n")
            else:
                wire.send(
                    b"550 5.1.1 nobody\r\n"
                    if b"nobody" in line
                    else b"250-d\r\n250 ok\r\n"
                    if line[:4] == b"LHLO"
                    else b"250 ok\r\n"
                )

    def doveadm(self, stream: socket.socket) -> None:
        if b"+" in stream.recv(1000).split(b"\n")[1].split(b"\t")[1]:  # whom it is asked about
            stream.sendall(b"+\n\n-NOUSER\n")
            return
        stream.sendall(b"+\n" + (b"abc\t1\t" if self.found else b"") + b"\n+\n")
        stream.close()


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Counterpart]:
    made = Counterpart(tmp_path)
    made.listen("lmtp", made.lmtp)
    made.listen("doveadm", made.doveadm)
    yield made


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.db")
    yield made
    made.close()


def deliver(dovecot: Counterpart | Place, journal: Journal, mail: bytes = MAIL, recipient: str = "a@b.test") -> bytes:
    """What Postfix is told in the end."""
    place = dovecot if isinstance(dovecot, Place) else dovecot.place(journal)
    ours, theirs = socket.socketpair()
    threading.Thread(target=Session(place, theirs).run, daemon=True).start()
    wire = Wire(ours, 5)
    wire.reply()
    for line in (b"LHLO x", "MAIL FROM:<ä@ö.test> SMTPUTF8".encode(), f"RCPT TO:<{recipient}>".encode(), b"DATA"):
        wire.send(line + b"\r\n")
        answer = wire.reply()[-1]
        if answer[:1] not in b"23":
            return answer
    wire.send(mail + b".\r\n")
    return wire.reply()[-1]


def test_a_message_passes_as_it_is(dovecot: Counterpart, journal: Journal) -> None:
    assert deliver(dovecot, journal) == b"250 2.0.0 Saved"
    assert dovecot.mails == [MAIL + b".\r\n"]
    assert b"MAIL FROM:<>" in dovecot.asked
    assert journal.known(KEY)[0] == "done"


def test_the_second_time_it_is_known(dovecot: Counterpart, journal: Journal) -> None:
    deliver(dovecot, journal)
    assert deliver(dovecot, journal)[:3] == b"250"
    assert len(dovecot.mails) == 1


@pytest.mark.parametrize("answer", [None, b"421 4.3.2 Shutting down", b"451 4.2.0 Internal error"])
@pytest.mark.parametrize("found", [True, False])
def test_what_is_unclear_is_looked_into(
    dovecot: Counterpart, journal: Journal, answer: bytes | None, found: bool
) -> None:
    dovecot.answer, dovecot.found = answer, found
    assert deliver(dovecot, journal)[:1] == b"4"
    dovecot.answer = b"250 2.0.0 Saved"
    assert deliver(dovecot, journal)[:3] == b"451"  # Dovecot may be at it still
    assert len(dovecot.mails) == 1
    dovecot.now += timedelta(minutes=1)
    assert deliver(dovecot, journal)[:3] == b"250"
    assert len(dovecot.mails) == (1 if found else 2)
    assert journal.known(KEY)[0] == "done"


def test_whom_dovecot_does_not_know_it_may_know_later(dovecot: Counterpart, journal: Journal) -> None:
    assert deliver(dovecot, journal, recipient="nobody@b.test")[:9] == b"450 4.1.1"
    assert journal.known(key_of("4jXYyM0r32zKcVl", b"nobody@b.test"))[0] == "new"


@pytest.mark.parametrize("found", [True, False])
def test_a_begun_delivery_with_a_detail_is_looked_into(dovecot: Counterpart, journal: Journal, found: bool) -> None:
    dovecot.found = found
    journal.begin(key_of("4jXYyM0r32zKcVl", b"a+shop@b.test"), NOON - timedelta(minutes=1))
    assert deliver(dovecot, journal, recipient="a+shop@b.test")[:3] == b"250"
    assert len(dovecot.mails) == (0 if found else 1)


def test_a_refusal_is_postfixs_answer(dovecot: Counterpart, journal: Journal) -> None:
    dovecot.answer = b"552 5.2.2 full"
    assert deliver(dovecot, journal) == b"552 5.2.2 full"


def test_without_dovecot_it_comes_again(journal: Journal, tmp_path: Path) -> None:
    assert deliver(Counterpart(tmp_path / "nothing"), journal)[:3] == b"421"


def test_a_damaged_journal_is_set_aside_at_the_start(tmp_path: Path) -> None:
    place = tmp_path / "journal.db"
    place.write_bytes(b"no database" * 1000)
    made = Journal(place)
    made.begin(KEY, NOON)
    made.close()
    assert (tmp_path / "journal.db.damaged").read_bytes() == b"no database" * 1000
    again = Journal(place)
    assert again.known(KEY)[0] == "begun"
    again.close()


def test_a_journal_damaged_meanwhile_makes_mail_come_again(
    dovecot: Counterpart, journal: Journal, tmp_path: Path
) -> None:
    journal._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    journal._base.execute("PRAGMA cache_size = 0")
    with (tmp_path / "journal.db").open("r+b") as file:
        file.write(b"\xff" * 100_000)
    assert deliver(dovecot, journal)[:3] == b"451"
    assert dovecot.mails == []
    assert deliver(dovecot, journal) == b"250 2.0.0 Saved"


def test_what_dovecot_has_saved_is_accepted_though_it_cannot_be_noted(
    dovecot: Counterpart, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_key: bytes) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "done", full)
    assert deliver(dovecot, journal) == b"250 2.0.0 Saved"


def test_old_rows_go(journal: Journal) -> None:
    journal.begin(KEY, NOON)
    journal.purge(NOON + timedelta(days=6))
    assert journal.known(KEY) == ("begun", int(NOON.timestamp()))
    journal.purge(NOON + timedelta(days=8))
    assert journal.known(KEY)[0] == "new"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100_000])
def test_the_end_is_found_however_it_is_cut(size: int) -> None:
    ours, theirs = socket.socketpair()
    whole = MAIL + b".\r\nQUIT\r\n"

    def send() -> None:
        for start in range(0, len(whole), size):
            theirs.sendall(whole[start : start + size])

    threading.Thread(target=send, daemon=True).start()
    wire, content, last = Wire(ours, 5), b"", False
    while not last:
        part, last = wire.chunk(message_tail(b"\r\n", content))
        content += part
    assert content == MAIL + b".\r\n"
    assert content.endswith(END)
    assert wire.line() == b"QUIT"
