"""The control socket: one JSON line a request, one a reply (docs/architecture.md). Root's folder is its only lock.

Requests may be sent ahead of the replies: pools that are dropped together end together. Replies keep the order of the requests.
"""

import json
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from gasthof.slices.web.activator.house import House
from gasthof.slices.web.activator.loop import READABLE, WRITABLE, Loop

LONGEST_LINE = 65536  # bytes
LONGEST_BACKLOG = 2**24  # bytes of replies that a client has not read
Reply = Callable[[dict[str, object]], None]


class Control:
    def __init__(self, path: Path, loop: Loop, house: House) -> None:
        self._loop, self._house = loop, house
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._listener.setblocking(False)
        loop.watch(self._listener.fileno(), self._accept)

    def _accept(self, _: int) -> None:
        try:
            connection, _address = self._listener.accept()
        except BlockingIOError:
            return
        connection.setblocking(False)
        Client(connection, self._loop, self._house)


class Client:
    def __init__(self, connection: socket.socket, loop: Loop, house: House) -> None:
        self._connection, self._loop, self._house = connection, loop, house
        self._received, self._unsent = b"", b""
        self._places: deque[list[dict[str, object]]] = deque()  # one a request; empty until its reply is known
        loop.watch(connection.fileno(), self._ready)

    def _ready(self, events: int) -> None:
        try:
            if events & WRITABLE:
                self._send()
            if events & ~WRITABLE:
                self._receive()
        except (OSError, ValueError):
            self._close()

    def _receive(self) -> None:
        chunk = self._connection.recv(65536)
        *lines, self._received = (self._received + chunk).split(b"\n")
        if not chunk or len(self._received) > LONGEST_LINE:
            raise ConnectionError
        for line in lines:
            self._places.append([])
            answer(self._house, line, partial(self._reply, self._places[-1]))

    def _reply(self, place: list[dict[str, object]], reply: dict[str, object]) -> None:
        place.append(reply)
        if self._connection.fileno() < 0:
            return  # gone while its pool was ending
        while self._places and self._places[0]:
            self._unsent += json.dumps(self._places.popleft()[0]).encode() + b"\n"
        try:
            self._send()
        except OSError:
            self._close()

    def _send(self) -> None:
        with suppress(BlockingIOError):
            self._unsent = self._unsent[self._connection.send(self._unsent) :]
        if len(self._unsent) > LONGEST_BACKLOG:
            raise ConnectionError
        self._loop.watch(self._connection.fileno(), self._ready, READABLE | (WRITABLE if self._unsent else 0))

    def _close(self) -> None:
        self._loop.forget(self._connection.fileno())
        self._connection.close()


def answer(house: House, line: bytes, reply: Reply) -> None:
    """Carry out one request. Whatever is wrong with it comes back as words."""
    try:
        request = json.loads(line)
        _carry_out(house, str(request["verb"]), request.get("pool"), reply)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reply({"ok": False, "error": str(error) or type(error).__name__})


def _carry_out(house: House, verb: str, pool: object, reply: Reply) -> None:
    match verb:
        case "list":
            reply({"ok": True, "pools": house.describe(), "lacks": house.machine.lacks()})
        case "ensure":
            house.ensure(str(pool))
            reply({"ok": True})
        case "restart":
            house.restart(str(pool))
            reply({"ok": True})
        case "drop":
            house.drop(str(pool), lambda: reply({"ok": True}))
        case _:
            raise ValueError(f"no such verb: {verb}")
