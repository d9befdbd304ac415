"""The try-out's card network over HTTP: what the house asks (a key), and the payer's page (a secret in its address)."""

import base64
import hashlib
import hmac
import http.client
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from gasthof.kernel.clock import WallClock
from gasthof.slices.cards import rules
from gasthof.slices.cards.client import SIGNED
from gasthof.slices.cards.driver import Begin, Payment
from gasthof.slices.cards.tryout import pages
from gasthof.slices.cards.tryout.store import BECOMES, Choice, Event, Other, Store

LARGEST = 64 * 1024  # bytes of a request
PATIENCE = 10.0  # seconds for the house to take a notification
STYLE = base64.b64encode(hashlib.sha256(pages.STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE}'; base-uri 'none'; frame-ancestors 'none'"


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, at: tuple[str, int], store: Store, keys: rules.Keys) -> None:
        super().__init__(at, Handler)
        self.store, self.keys = store, keys


class Handler(BaseHTTPRequestHandler):
    timeout = 20  # seconds that a silent visitor is listened to
    server_version, sys_version = "CardNetwork", ""

    @property
    def network(self) -> Server:
        return cast(Server, self.server)

    def do_GET(self) -> None:
        kind, key = self._way()
        if kind == "v1/payments":
            self._api(self.network.store.find(key) if self._known_house() else None)
        elif kind == "pay" and (row := self.network.store.of_page(key)):
            self._page(200, pages.page(row))
        else:
            self._page(404, pages.missing())

    def do_POST(self) -> None:
        kind, key = self._way()
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(min(int(length), LARGEST)) if length.isascii() and length.isdigit() else b""
        if kind == "v1" and key == "payments":
            self._begin(body)
        elif kind == "pay":
            self._chosen(key, parse_qs(body.decode("utf-8", "replace")).get("choice", [""])[0])
        else:
            self._page(404, pages.missing())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Without the path, which holds the payer's secret."""
        self.log_message("%s %s", self.command, code)

    def _way(self) -> tuple[str, str]:
        kind, _, key = urlsplit(self.path).path.strip("/").rpartition("/")
        return kind, unquote(key)

    def _known_house(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), self.network.keys.api.encode())

    def _begin(self, body: bytes) -> None:
        if not self._known_house():
            self._say(403, b"unknown key", "text/plain")
            return
        try:
            wanted = msgspec.json.decode(body, type=Begin)
            self._api(self.network.store.begin(self.headers.get("Idempotency-Key", ""), wanted))
        except Other:
            self._say(409, b"this key was used for another payment", "text/plain")
        except msgspec.MsgspecError as error:
            self._say(400, str(error).encode(), "text/plain")

    def _api(self, payment: Payment | None) -> None:
        if payment is None:
            self._say(404, b"no such payment", "text/plain")
        else:
            self._say(200, msgspec.json.encode(payment), "application/json")

    def _chosen(self, secret: str, choice: str) -> None:
        row = self.network.store.choose(secret, cast(Choice, choice)) if choice in BECOMES else None
        if row is None:
            self._page(404, pages.missing())
        elif choice == "lose":
            self._page(200, pages.page(row, lost=True))
        else:
            self.send_response(303)
            self.send_header("Location", row.wanted.back)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _page(self, status: int, text: str) -> None:
        self._say(status, text.encode(), "text/html; charset=utf-8")

    def _say(self, status: int, text: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind, "Content-Length": str(len(text)), "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
        }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)


def tell(store: Store, keys: rules.Keys, clock: WallClock, trust: ssl.SSLContext | None) -> int:
    """All that is due, once each; how many the house has taken."""
    count = 0
    for event in store.due():
        taken = _told(event, keys, clock, trust)
        store.answered(event, taken=taken)
        count += taken
    return count


def _told(event: Event, keys: rules.Keys, clock: WallClock, trust: ssl.SSLContext | None) -> bool:
    """Whether the house answered that it has it."""
    parts = urlsplit(event.notify)
    signed = rules.signature(keys.signing, int(clock.now().timestamp()), event.body)
    headers = {SIGNED: signed, "Content-Type": "application/json"}
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=PATIENCE, context=trust)  # fmt: skip
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("POST", parts.path, event.body, headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
