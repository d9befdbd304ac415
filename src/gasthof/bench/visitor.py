"""A visitor who asks again and again until the answer is a new one. Each request is a new connection and a full handshake."""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from gasthof.prefix import Prefix


@dataclass(frozen=True)
class Answer:
    status: int  # 0: no trusted TLS connection to that name
    body: bytes


class Visitor:
    def __init__(self, prefix: Prefix) -> None:
        self.port = prefix.ports["https"]
        self.trust = ssl.create_default_context(cafile=str(prefix.ca_certificate))

    def ask(self, host: str) -> Answer:
        """GET / of a host by its A-label, trusting the local CA alone."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        try:
            with self.trust.wrap_socket(plain, server_hostname=host) as secure:
                secure.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                head, _, body = b"".join(iter(lambda: secure.recv(65536), b"")).partition(b"\r\n\r\n")
        except ssl.SSLError:
            return Answer(0, b"")
        finally:
            plain.close()
        return Answer(int(head.split(b" ", 2)[1]), body)

    def wait(self, host: str, new: Callable[[Answer], bool], patience: float = 30) -> float:
        """Seconds until the answer is a new one. TimeoutError."""
        start = time.perf_counter()
        while not new(answer := self.ask(host)):
            if time.perf_counter() - start > patience:
                raise TimeoutError(f"{host}: still {answer}")
        return time.perf_counter() - start
