"""A ManageSieve client (RFC 5804) that says what it is told to, and shows all that is answered."""

import re
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass
from types import TracebackType
from typing import Self

LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")
LAST = re.compile(rb"(OK|NO|BYE)\b")


class Refused(Exception):
    """The server says NO or BYE; its words."""


@dataclass(frozen=True)
class Answer:
    verdict: str  # "OK", "NO", "BYE"
    words: str  # of the last line
    lines: list[bytes]  # before it, literals as they are

    def __str__(self) -> str:
        return f"{self.verdict} {self.words}"


class ManageSieve:
    """Greeted; nothing is encrypted yet."""

    def __init__(self, place: tuple[str, int], source: str | None = None) -> None:
        self.stream = socket.create_connection(place, 20, (source, 0) if source else None)
        self.file = self.stream.makefile("rb")
        self.greeting = self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()
        self.stream.close()

    def say(self, content: bytes) -> None:
        self.stream.sendall(content)

    def ask(self, line: str, literal: bytes | None = None) -> Answer:
        """One command, with a script behind it."""
        self.say(line.encode() + (b"\r\n" if literal is None else b" {%d+}\r\n%b\r\n" % (len(literal), literal)))
        return self.answer()

    def answer(self) -> Answer:
        lines: list[bytes] = []
        while not LAST.match(line := self._line()):
            lines.append(line)
        verdict, _, words = line.decode().partition(" ")
        return Answer(verdict, words, lines)

    def _line(self) -> bytes:
        """With literals in it."""
        line = self.file.readline()
        while found := LITERAL.search(line):
            line = line[: found.start()] + self.file.read(int(found[1])) + self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError(f"closed after {line!r}")
        return line.removesuffix(b"\r\n")

    def done(self, line: str, literal: bytes | None = None) -> Answer:
        """Raises Refused."""
        found = self.ask(line, literal)
        if found.verdict != "OK":
            raise Refused(str(found))
        return found

    def secure(self, context: ssl.SSLContext, name: str) -> None:
        self.done("STARTTLS")
        self.begin_tls(context, name)

    def begin_tls(self, context: ssl.SSLContext, name: str) -> None:
        self.file.close()
        self.stream = context.wrap_socket(self.stream, server_hostname=name)
        self.file = self.stream.makefile("rb")
        self.greeting = self.answer()

    def sign_in(self, user: str, password: str) -> None:
        self.done(f'AUTHENTICATE "PLAIN" "{b64encode(f"{chr(0)}{user}{chr(0)}{password}".encode()).decode()}"')

    def put(self, name: str, script: str | bytes) -> Answer:
        return self.done(f'PUTSCRIPT "{name}"', script if isinstance(script, bytes) else script.encode())

    def activate(self, name: str) -> Answer:
        return self.done(f'SETACTIVE "{name}"')

    def get(self, name: str) -> bytes:
        return self.done(f'GETSCRIPT "{name}"').lines[0]

    def names(self) -> list[str]:
        """Of the scripts; the active one's ends with " ACTIVE"."""
        return [line.decode().replace('"', "") for line in self.done("LISTSCRIPTS").lines]
