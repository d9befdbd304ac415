"""One LMTP connection's bytes (RFC 2033): lines while it is a dialogue, chunks while it is a message. Blocking."""

import socket

LONGEST_LINE = 8192  # bytes; RFC 5321 section 4.5.3.1 allows commands of 512, extensions some more
CHUNK = 65536
END = b"\r\n.\r\n"


class Gone(ConnectionError):
    """The other side has closed, or says what cannot be understood."""


class Wire:
    """What was read too much is kept for the next call."""

    def __init__(self, stream: socket.socket, seconds: float) -> None:
        stream.settimeout(seconds)
        self.stream = stream
        self._rest = b""

    def close(self) -> None:
        self.stream.close()

    def send(self, content: bytes) -> None:
        self.stream.sendall(content)

    def line(self) -> bytes:
        """Up to the next line's end, without it. Gone at the end of the stream, or when it does not come."""
        while (at := self._rest.find(b"\n")) < 0:
            if len(self._rest) > LONGEST_LINE:
                raise Gone("a line without an end")
            self._rest += self._receive()
        found, self._rest = self._rest[:at], self._rest[at + 1 :]
        return found.removesuffix(b"\r")

    def reply(self) -> list[bytes]:
        """All lines of one answer, RFC 5321 section 4.2.1."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return lines

    def chunk(self, tail: bytes) -> tuple[bytes, bool]:
        """The next part of a message, as it travels, and whether it is the last one. `tail`: what `message_tail` made of the part before."""
        part = self._rest or self._receive()
        self._rest = b""
        at = (tail + part).find(END)
        if at < 0:
            return part, False
        cut = at + len(END) - len(tail)
        self._rest = part[cut:]
        return part[:cut], True

    def _receive(self) -> bytes:
        found = self.stream.recv(CHUNK)
        if not found:
            raise Gone("closed")
        return found


def message_tail(before: bytes, part: bytes) -> bytes:
    """What of a message's end may be the start of END. At its very start, b"\\r\\n" stands for the line before."""
    return (before + part)[-(len(END) - 1) :]
