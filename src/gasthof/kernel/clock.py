"""The two clocks. Wall time dates logs, tokens and certificates; business time dates services and invoices.

Both are handed in as arguments; only the try-out's time machine moves business time, and nothing else reads the system's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class WallClock(Protocol):
    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...


class BusinessClock(Protocol):
    def now(self) -> datetime:
        """The time that services and invoices go by, aware, in UTC."""
        ...


class SystemClock:
    """Wall time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands, for tests and previews."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class MovableClock:
    """Business time of an installation: wall time, and as many whole days more as a try-out's time machine has gone on."""

    wall: WallClock
    days: Callable[[], int]

    def now(self) -> datetime:
        return self.wall.now() + timedelta(days=self.days())


@dataclass(frozen=True)
class Clocks:
    wall: WallClock
    business: BusinessClock
