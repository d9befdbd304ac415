"""A card network over HTTP: JSON, a key, an Idempotency-Key for each payment. So far the try-out's alone speaks it."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import msgspec

from gasthof.slices.cards import rules
from gasthof.slices.cards.driver import Answer, Begin, Notification, Payment

PATIENCE = 10.0  # seconds for each step of a request
LARGEST = 64 * 1024  # bytes of an answer
SIGNED = "Card-Signature"


@dataclass(frozen=True)
class Network:
    """A `Driver`. `address`: of the network; payers' pages lie there too."""

    address: str
    keys: rules.Keys
    name: str = "tryout"
    tryout: bool = True

    def begin(self, operation: str, wanted: Begin) -> Answer:
        return self._asked("POST", "/v1/payments", operation, msgspec.json.encode(wanted))

    def ask(self, operation: str) -> Answer:
        return self._asked("GET", f"/v1/payments/{quote(operation, safe='')}", operation)

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[int, Notification]:
        seconds = rules.verified(headers.get(SIGNED, ""), body, self.keys.signing, now)
        return seconds, msgspec.json.decode(body, type=Notification)

    def _asked(self, method: str, path: str, operation: str, body: bytes | None = None) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.keys.api}",
            "Content-Type": "application/json",
            "Idempotency-Key": operation,
        }
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return self._judged(answer.status, answer.read(LARGEST), operation)
        except (OSError, http.client.HTTPException, msgspec.MsgspecError) as error:
            return Answer("unknown", f"{type(error).__name__}: {error}"[:200])
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=PATIENCE)

    def _judged(self, status: int, text: bytes, operation: str) -> Answer:
        if status in (200, 201):
            payment = msgspec.json.decode(text, type=Payment)
            return Answer("done", payment.words, payment) if self._fits(payment, operation) else Answer("unknown", "The answer is about another payment.")  # fmt: skip
        if status == 202:
            return Answer("pending")
        if status == 404:
            return Answer("done")
        words = text[:200].decode("utf-8", "replace")
        return Answer("refused" if 400 <= status < 500 and status not in (408, 425, 429) else "unknown", words)

    def _fits(self, payment: Payment, operation: str) -> bool:
        """It answers what was asked, and leads payers nowhere else than to this network."""
        here = not payment.address or payment.address.startswith(f"{self.address}/")
        return payment.operation == operation and here
