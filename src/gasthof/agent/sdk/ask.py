"""How daemons are asked over their own control sockets: what every slice's client needs. Standard library only."""

import http.client
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SECONDS = 30.0  # for one exchange
LONGEST_ANSWER = 16 * 1024 * 1024


class Away(RuntimeError):
    """The daemon does not answer at all."""


class Working(RuntimeError):
    """Not yet: the daemon is at it. The object stays as it is, and the same is asked again soon; so `ask` must bear repetition."""


@dataclass(frozen=True)
class Reply:
    """What a daemon said to one argument: its answer, its reason to refuse, or that it is working on it."""

    value: str = ""
    error: str = ""
    working: bool = False


class Service(Protocol):
    """A daemon that can be asked about several arguments in one go."""

    def ask(self, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply]:
        """Argument -> reply. Raises Away. Whatever else it raises, Working too, is about an argument: each is asked alone then."""
        ...


class UnixConnection(http.client.HTTPConnection):
    """HTTP/1.1 over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self.path = path

    def connect(self) -> None:
        self.sock = connect(self.path)


def connect(path: Path) -> socket.socket:
    """A connected stream socket; Away when nobody listens."""
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    stream.settimeout(SECONDS)
    try:
        stream.connect(str(path))
    except OSError as error:
        stream.close()
        raise Away(f"{path.name}: nobody answers ({error.strerror})") from error
    return stream


def unique(arguments: Iterable[str]) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(arguments))
