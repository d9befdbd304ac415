"""Visitors who keep asking while a test does something to the platform, and what they did not get."""

import http.client
import socket
import ssl
import threading
import time
from types import TracebackType

import idna

from tests.platform import Platform


class Visitors:
    """Several at once; each request is a new TLS connection. Use as a context; then look at `asked` and `failed`."""

    def __init__(self, platform: Platform, pages: dict[str, bytes], count: int = 3) -> None:
        self.platform, self.pages = platform, {idna.encode(host).decode(): part for host, part in pages.items()}
        self.asked, self.failed = 0, []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(count)]

    def __enter__(self) -> "Visitors":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def more(self, count: int, seconds: float = 60) -> None:
        """Return when so many more requests have been answered."""
        wanted, until = self.asked + count, time.monotonic() + seconds
        while self.asked < wanted:
            assert time.monotonic() < until, f"only {self.asked} of {wanted} answers"
            time.sleep(0.02)

    def _ask_on(self) -> None:
        trust = self.platform.trust()
        while not self.over.is_set():
            for host, part in self.pages.items():
                try:
                    status, body = get(self.platform, trust, host)
                except (OSError, http.client.HTTPException) as error:
                    self.failed.append(f"{host}: {error!r}")
                    continue
                if status != 200 or part not in body:
                    self.failed.append(f"{host}: {status} {body[:200]!r}")
                self.asked += 1


def get(platform: Platform, trust: ssl.SSLContext, host: str, path: str = "/") -> tuple[int, bytes]:
    """One HTTPS request over a connection of its own."""
    plain = socket.create_connection(("127.0.0.1", platform.ports["https"]), timeout=20)
    connection = http.client.HTTPConnection(host)
    connection.sock = trust.wrap_socket(plain, server_hostname=host)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
