"""Receivers of webhooks, in tests: real HTTPS servers of this process with certificates of an authority of their own."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network
from pathlib import Path

from gasthof.slices.web.tests.authority import Authority
from gasthof.slices.webhooks.door import Door

HOST = "xn--bckerei-mller-bfb28a.test"
LOOPBACK = (IPv4Network("127.0.0.0/8"),)


@dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes
    sni: str


@dataclass
class Receiver:
    """`answer` writes what it likes to the connection; without one all is well."""

    authority: Authority
    folder: Path
    name: str = HOST
    answer: Callable[[socket.socket], None] | None = None
    status: int = 204
    heard: list[Heard] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/haken"

    def door(self, **more: object) -> Door:
        """By which it can be reached from here."""
        file = self.folder / "authority.pem"
        file.write_text(self.authority.pem)
        known = {"allowed": LOOPBACK, "authority": str(file), "resolve": lambda _name: ["127.0.0.1"]}
        return Door(**(known | more))

    def wait_for(self, number: int, seconds: float = 20) -> list[Heard]:
        until = time.monotonic() + seconds
        while len(self.heard) < number:
            assert time.monotonic() < until, self.heard
            time.sleep(0.02)
        return self.heard


@contextmanager
def receiving(folder: Path, pair: tuple[bytes, bytes] | None = None, **how: object) -> Iterator[Receiver]:
    """`pair`: certificate and key, PEM, of another authority."""
    receiver = Receiver(how.pop("authority", None) or Authority(), folder, **how)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    certificate, key = pair or receiver.authority.issue([receiver.name])
    (folder / "receiver.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "receiver.pem")
    names: dict[int, str] = {}
    context.sni_callback = lambda connection, name, _context: names.__setitem__(id(connection), name or "")
    server.names = names
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.heard.append(Heard(self.path, headers, body, self.server.names.get(id(self.connection), "")))
            if receiver.answer:
                receiver.answer(self.connection)
                self.close_connection = True
                return
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests look at what was heard."""

    return Handler
