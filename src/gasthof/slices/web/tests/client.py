"""An HTTP client for tests that sends exactly what it is told: any path bytes, any TLS name, either HTTP version, either IP version."""

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import h2.config
import h2.connection
import h2.events

from gasthof.slices.web.tests.authority import Authority

SAME = object()
FRAME = 16_384  # bytes of an HTTP/2 DATA frame, RFC 9113 section 4.2


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    certificate: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def names(self) -> set[str]:
        """Of the certificate that the server showed."""
        return {value for _, value in (self.certificate or {}).get("subjectAltName", ())}


def connect(
    port: int, *, address: str = "127.0.0.1", authority: Authority | None = None, sni: str | None = None, http2: bool = False,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None, source: str | None = None,
) -> socket.socket:  # fmt: skip
    """A connection; TLS when an authority is given, its certificates verified but for the name."""
    plain = socket.create_connection((address, port), timeout=30, source_address=(source, 0) if source else None)
    if authority is None:
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority.pem)
    context.check_hostname = False
    context.set_alpn_protocols(["h2"] if http2 else ["http/1.1"])
    if versions:
        context.minimum_version, context.maximum_version = versions
    return context.wrap_socket(plain, server_hostname=sni)


def request(
    host: str, path: str | bytes = "/", *, port: int, method: str = "GET", headers: Iterable[tuple[str, str]] = (), body: bytes = b"",
    address: str = "127.0.0.1", authority: Authority | None = None, sni: Any = SAME, http2: bool = False,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None, source: str | None = None,
) -> Answer:  # fmt: skip
    """One request over a connection of its own. Without an authority it is plain HTTP; `sni` is the host unless given."""
    name = host if sni is SAME else sni
    with connect(
        port, address=address, authority=authority, sni=name, http2=http2, versions=versions, source=source
    ) as connection:
        answer = (
            exchange2(connection, host, path, method, headers, body)
            if http2
            else exchange(connection, host, path, method, headers, body)
        )
        shown = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    return Answer(answer.status, answer.headers, answer.body, shown)


def exchange(
    connection: socket.socket,
    host: str,
    path: str | bytes,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    target = path if isinstance(path, bytes) else path.encode()
    lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: " + host.encode(), b"Connection: close"]
    lines += [f"{name}: {value}".encode() for name, value in headers]
    lines += [b"Content-Length: %d" % len(body)] if body else []
    connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    response = HTTPResponse(connection, method=method)
    response.begin()
    fields = {name.lower(): value.encode("latin-1").decode("utf-8", "replace") for name, value in response.getheaders()}
    return Answer(response.status, fields, response.read())


def exchange2(
    connection: socket.socket,
    host: str,
    path: str | bytes,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    return Streams(connection).ask(host, path, method, headers, body)


class Streams:
    """An HTTP/2 connection, one stream after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        scheme = h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False)
        self.http = h2.connection.H2Connection(scheme)
        self.http.initiate_connection()

    def ask(
        self,
        host: str,
        path: str | bytes = "/",
        method: str = "GET",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        stream = self.http.get_next_available_stream_id()
        target = path.decode("latin-1") if isinstance(path, bytes) else path
        fields = [(":method", method), (":path", target), (":scheme", "https"), (":authority", host)]
        fields += [(name.lower(), value) for name, value in headers]
        self.http.send_headers(stream, fields, end_stream=not body)
        for start in range(0, len(body), FRAME):
            self.http.send_data(stream, body[start : start + FRAME], end_stream=start + FRAME >= len(body))
        self.connection.sendall(self.http.data_to_send())
        return self._receive(stream)

    def _receive(self, stream: int) -> Answer:
        fields: dict[str, str] = {}
        content = b""
        while True:
            data = self.connection.recv(65536)
            if not data:
                raise ConnectionError("closed")
            for event in self.http.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    fields = {_text(name): _text(value) for name, value in event.headers}
                elif isinstance(event, h2.events.DataReceived):
                    content += event.data
                    self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                    return Answer(int(fields[":status"]), fields, content)
                elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                    raise ConnectionError(str(event))
            self.connection.sendall(self.http.data_to_send())


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
