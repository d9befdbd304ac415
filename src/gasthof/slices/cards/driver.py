"""What a card network is asked, and what it says: the interface that each network's driver implements.

Payers type their cards on the network's own page, to which they are sent: no card's number reaches this house.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from gasthof.slices.cards.rules import State

Answered = Literal["done", "pending", "unknown", "refused"]


class Begin(msgspec.Struct, frozen=True):
    """A payment that is wanted. Asked again under the same operation, it is the same payment."""

    units: int  # minor units
    currency: str
    reference: str  # the proforma's number
    title: str  # what the payer reads
    language: str
    back: str  # where the payer is sent afterwards
    notify: str  # where the network tells what became of it


class Payment(msgspec.Struct, frozen=True):
    """A payment as its network knows it."""

    number: str  # the network's own
    operation: str  # our id
    reference: str
    state: State
    units: int  # that were asked for, or were collected
    currency: str
    address: str = ""  # where the payer pays
    words: str = ""  # the network's own


class Answer(msgspec.Struct, frozen=True):
    """`pending`: the network has it and will tell. `unknown`: nobody can say what it did; it is asked again under the same id."""

    state: Answered
    words: str = ""
    payment: Payment | None = None  # to what is done; None: it knows none of that operation


class Notification(msgspec.Struct, frozen=True):
    """What it tells by itself. It may come late, twice, out of order or never."""

    number: str  # the network's, the same each time it is sent
    payment: Payment


class Driver(Protocol):
    """`send` methods raise nothing for what networks and lines do; each ends within a minute."""

    @property
    def name(self) -> str: ...

    @property
    def tryout(self) -> bool:
        """Whether it moves no money."""
        ...

    def begin(self, operation: str, wanted: Begin) -> Answer:
        """`operation` is our id, never used for another payment."""
        ...

    def ask(self, operation: str) -> Answer:
        """What became of it."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[int, Notification]:
        """What was sent here, and the second at which. Raises rules.Forged, or msgspec.MsgspecError for what cannot be read."""
        ...
