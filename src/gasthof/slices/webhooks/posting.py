"""One request to a stranger's server, by Python's own HTTP: to an address that was checked, and no further.

http.client follows no redirect, asks no proxy and resolves no name by itself: it is given a connection that stands already.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from gasthof.kernel.refusal import Refused
from gasthof.slices.webhooks.addresses import Address
from gasthof.slices.webhooks.door import Door
from gasthof.slices.webhooks.values import Url

CONNECT = 5.0  # seconds for each address
WHOLE = 15.0  # seconds for all of it, however slowly the other side speaks
LARGEST = 64 * 1024  # bytes read of an answer
LONGEST_EXCERPT = 500  # characters kept of it


@dataclass(frozen=True)
class Answer:
    """`status` None: there was none, and `words` (an English sentence's key) say why. `excerpt`: what the other side said."""

    status: int | None = None
    words: str = ""
    excerpt: str = ""

    @property
    def good(self) -> bool:
        return not self.words


def post(url: Url, headers: Mapping[str, str], body: bytes, door: Door) -> Answer:
    """Never raises: whatever happens is an answer."""
    until = time.monotonic() + WHOLE
    try:
        connection, address = _connected(url, door, until)
    except Refused as refusal:
        return Answer(words=refusal.sentence)
    except OSError:
        return Answer(words=Refused("The server does not answer.").sentence)
    hurry = _Hurry(connection, until)
    try:
        with hurry:
            secure = door.trust(address).wrap_socket(connection, server_hostname=url.host)
            answer = _asked(secure, url, headers, body)
        return (
            Answer(words=hurry.words) if hurry.words else answer
        )  # what came before its time was up may be half an answer
    except ssl.SSLError as error:
        return Answer(words=hurry.words or Refused("The connection is not secure.").sentence, excerpt=_tls_words(error))
    except http.client.HTTPException:
        return Answer(words=hurry.words or Refused("The server does not speak HTTP.").sentence)
    except OSError:
        return Answer(words=hurry.words or Refused("The server broke the connection off.").sentence)


class _Hurry:
    """Ends a connection when its time is up: a timeout of the socket begins anew with each byte that drips in."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self.twin = connection.dup()  # TLS takes the first one over
        self.timer = threading.Timer(max(0.0, until - time.monotonic()), self._end)
        self.timer.daemon = True
        self.words = ""

    def _end(self) -> None:
        self.words = Refused("The server took too long.").sentence
        self.twin.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_error: object) -> None:
        self.timer.cancel()
        self.timer.join()
        self.twin.close()


def _connected(url: Url, door: Door, until: float) -> tuple[socket.socket, Address]:
    """To the first address that answers, out of those that were checked. Raises Refused or OSError."""
    wrong: OSError = OSError()
    for address in door.addresses(url.host):
        seconds = min(CONNECT, until - time.monotonic())
        if seconds <= 0:
            break
        try:
            connection = socket.create_connection((str(address), url.port), seconds)
        except OSError as error:
            wrong = error
            continue
        if connection.getsockname()[0] == connection.getpeername()[0] and not door.is_allowed(address):
            connection.close()  # this machine, by an address that nobody had named
            raise Refused("The address leads to a machine that is not on the public internet.")
        connection.settimeout(WHOLE)
        return connection, address
    raise wrong


def _asked(secure: ssl.SSLSocket, url: Url, headers: Mapping[str, str], body: bytes) -> Answer:
    host = f"[{url.host}]" if ":" in url.host else url.host
    connection = http.client.HTTPSConnection(host, url.port)
    connection.sock = secure
    fixed = {"User-Agent": "Gasthof webhooks", "Content-Type": "application/json", "Connection": "close"}
    try:
        connection.request("POST", url.target, body, {**fixed, **headers})
        answer = connection.getresponse()
        text = answer.read(LARGEST)
    finally:
        connection.close()
    return Answer(answer.status, _judged(answer.status), _legible(text))


def _judged(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return Refused("The server leads elsewhere, which is not followed.").sentence
    gone, refused = Refused("The receiver is gone for good."), Refused("The server did not take it.")
    return (gone if status == 410 else refused).sentence


def _tls_words(error: ssl.SSLError) -> str:
    return _legible(str(getattr(error, "verify_message", "") or error.reason or error).encode())


def _legible(text: bytes) -> str:
    """The beginning, without what cannot be shown or kept."""
    shown = text[: LONGEST_EXCERPT * 4].decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in shown)[:LONGEST_EXCERPT].strip()
