"""The try-out's network without its lines: the same store, asked directly, with answers that can be lost."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from tests.clocks import Clock

from gasthof.kernel.clock import Clocks
from gasthof.slices.cards import rules
from gasthof.slices.cards.client import SIGNED
from gasthof.slices.cards.driver import Answer, Begin, Notification, Payment
from gasthof.slices.cards.tryout.store import Choice, Event, Store

KEYS = rules.keys_of("ein Geheimnis")
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PAGES = "http://localhost:8450"


class Direct:
    """A `Driver`. `lost`: so many answers are lost on their way, whatever was done."""

    name, tryout = "tryout", True

    def __init__(self, folder: Path) -> None:
        self.clock = Clock(NOON)
        self.clocks = Clocks(self.clock, self.clock)
        self.store, self.lost = Store(folder / "network.db", self.clock, PAGES), 0

    def begin(self, operation: str, wanted: Begin) -> Answer:
        return self._answer(self.store.begin(operation, wanted))

    def ask(self, operation: str) -> Answer:
        return self._answer(self.store.find(operation))

    def _answer(self, payment: Payment | None) -> Answer:
        if self.lost:
            self.lost -= 1
            return Answer("unknown", "No answer came.")
        return Answer("done", payment.words if payment else "", payment)

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[int, Notification]:
        seconds = rules.verified(headers.get(SIGNED, ""), body, KEYS.signing, now)
        return seconds, msgspec.json.decode(body, type=Notification)

    def choose(self, operation: str, choice: Choice) -> None:
        """As on the payer's page."""
        payment = self.store.find(operation)
        assert payment
        self.store.choose(payment.address.rpartition("/")[2], choice)

    def told(self) -> list[Event]:
        """What it would send now; it stays due."""
        return self.store.due()

    def sign(self, body: bytes) -> dict[str, str]:
        return {SIGNED: rules.signature(KEYS.signing, int(self.clock.at.timestamp()), body)}

    def later(self, **by: float) -> None:
        self.clock.at += timedelta(**by)
