"""Handing over to a mail server: what it says decides what becomes of a mail."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from gasthof.prefix import DEFAULT_PORTS, Prefix
from gasthof.slices.access.sending import Later, Relay, Undeliverable, send


class MailServer(threading.Thread):
    """Takes one session; answers one command as told, the others with what they want."""

    def __init__(self, command: bytes = b"", answer: bytes = b"") -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.command, self.answer = command, answer
        self.heard: list[bytes] = []

    def run(self) -> None:
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rwb") as lines:
            self.say(lines, b"220 here")
            for line in lines:
                self.heard.append(line)
                word = line[:4].upper()
                if self.command and word == self.command:
                    self.say(lines, self.answer)
                elif word == b"DATA":
                    self.say(lines, b"354 go on")
                    for each in lines:
                        self.heard.append(each)
                        if each == b".\r\n":
                            break
                    self.say(lines, b"250 taken")
                else:
                    self.say(lines, b"250 fine" if word != b"QUIT" else b"221 bye")

    @staticmethod
    def say(lines: object, text: bytes) -> None:
        lines.write(text + b"\r\n")  # type: ignore[attr-defined]
        lines.flush()  # type: ignore[attr-defined]


@pytest.fixture
def message() -> Iterator[EmailMessage]:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "postmaster@server.gasthof.test", "anna@example.org", "Grüße"
    made.set_content("Guten Tag", cte="quoted-printable")
    yield made


def prefix_with(server: MailServer) -> Prefix:
    server.start()
    return Prefix(Path("/"), ports=DEFAULT_PORTS | {"smtp": server.port})


def test_a_mail_is_handed_to_the_nodes_own_postfix(message: EmailMessage) -> None:
    server = MailServer()
    assert send(message, prefix_with(server)) == "250 taken"
    assert server.heard[0] == b"ehlo server.gasthof.test\r\n"
    assert b"Subject: =?utf-8?" in b"".join(server.heard) and b"anna@example.org" in b"".join(server.heard)


@pytest.mark.parametrize("answer", [b"421 4.3.2 going down", b"500 what?"])
def test_what_a_server_took_is_not_sent_again_for_its_farewell(message: EmailMessage, answer: bytes) -> None:
    assert send(message, prefix_with(MailServer(b"QUIT", answer))) == "250 taken"


@pytest.mark.parametrize("command", [b"MAIL", b"RCPT", b"DATA"])
@pytest.mark.parametrize(
    ("answer", "outcome"), [(b"550 5.1.1 nobody here", Undeliverable), (b"451 4.3.0 later, please", Later)]
)
def test_the_servers_words_are_kept(
    message: EmailMessage, command: bytes, answer: bytes, outcome: type[Exception]
) -> None:
    with pytest.raises(outcome) as told:
        send(message, prefix_with(MailServer(command, answer)))
    assert str(told.value) == answer.decode()


def test_a_server_that_is_away_is_asked_later(message: EmailMessage) -> None:
    server = MailServer()
    server.listener.close()
    with pytest.raises(Later):
        send(message, Prefix(Path("/"), ports=DEFAULT_PORTS | {"smtp": server.port}))


def test_a_relay_is_read_from_its_address() -> None:
    prefix = Prefix(Path("/"))
    assert Relay.of(prefix) == Relay("127.0.0.1", 8025, encrypted=False)
    assert Relay.of(replace(prefix, mail_relay="smtp://anna%40x:ge%3Aheim@mx.test")) == Relay(
        "mx.test", 587, "anna@x", "ge:heim"
    )
    assert Relay.of(replace(prefix, mail_relay="smtps://mx.test:10465")) == Relay("mx.test", 10465, wrapped=True)


def test_a_relays_password_lies_apart_and_is_for_that_relay_only(tmp_path: Path) -> None:
    prefix = Prefix(tmp_path, mail_relay="smtp://anna@mx.test:587")
    assert Relay.of(prefix) == Relay("mx.test", 587, "anna")
    prefix.relay_secret.parent.mkdir()
    prefix.relay_secret.write_text("smtp://anna:gehe%C3%AFm@mx.test:587\n")
    assert Relay.of(prefix) == Relay("mx.test", 587, "anna", "geheïm")
    for other in ("smtp://anna@mx.example:587", "smtp://bert@mx.test:587", "smtps://anna@mx.test:587"):
        assert Relay.of(replace(prefix, mail_relay=other)).password == ""
    assert Relay.of(replace(prefix, mail_relay="")) == Relay("127.0.0.1", 8025, encrypted=False)


@pytest.mark.parametrize("relay", ["mx.test", "http://mx.test", "smtp://", "smtp://mx.test:port"])
def test_what_is_no_relay_is_said_so(message: EmailMessage, relay: str) -> None:
    with pytest.raises(Later):
        send(message, Prefix(Path("/"), mail_relay=relay))


def test_a_relay_without_encryption_is_not_told_the_password(message: EmailMessage) -> None:
    server = MailServer()
    server.start()
    with pytest.raises(Later):
        send(message, Prefix(Path("/"), mail_relay=f"smtp://anna:geheim@127.0.0.1:{server.port}"))
    assert not any(b"AUTH" in line.upper() for line in server.heard)
