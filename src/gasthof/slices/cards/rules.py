"""What is known of a card payment, whoever tells it first; when to ask again; and whether a notification is the network's. Pure."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

State = Literal["asked", "open", "pending", "refused", "paid", "refunded", "charged back"]
Move = Literal["paid", "taken back"]

# A state is left for a later one only, so that what comes late, twice or out of order changes nothing. Paid is later than refused:
# whatever was said before, money that a network has collected is somebody's.
ORDER: tuple[State, ...] = ("asked", "open", "pending", "refused", "paid", "refunded", "charged back")
OPEN: tuple[State, ...] = ("asked", "open", "pending")
COLLECTED: tuple[State, ...] = ("paid", "refunded", "charged back")
TAKEN_BACK: tuple[State, ...] = ("refunded", "charged back")

WINDOW = 300  # seconds that a notification's time may differ from ours
SOON = timedelta(minutes=1)
LATER = timedelta(hours=1)
LOOKED_AT = timedelta(days=120)  # so long cards' schemes let a payer dispute a payment
DAILY = timedelta(days=1)
GIVEN_UP = timedelta(days=2)  # of asking for a payment: nobody was sent anywhere, so nobody can have paid


@dataclass(frozen=True)
class Known:
    """`units` and `currency`: what the network has collected, as it says; 0 and "": nothing."""

    state: State = "asked"
    units: int = 0
    currency: str = ""


def after(known: Known, told: Known) -> Known:
    """Both taken together: the later state, and the first amount that was collected."""
    state = max(known.state, told.state, key=ORDER.index)
    amount = known if known.units else told if told.state in COLLECTED else known
    return Known(state, amount.units, amount.currency)


def moves(before: Known, now: Known) -> tuple[Move, ...]:
    """What has to be booked. A payment that is heard of only when it is taken back has been paid before that."""
    came = before.state not in COLLECTED and now.state in COLLECTED
    went = before.state not in TAKEN_BACK and now.state in TAKEN_BACK
    return (*(("paid",) if came else ()), *(("taken back",) if went else ()))


def next_look(state: State, age: timedelta) -> timedelta | None:
    """How long to wait before the network is asked again; None: not any more. `age`: since the payment was begun."""
    if state in OPEN:
        return SOON if age < LATER else LATER
    return DAILY if state == "paid" and age < LOOKED_AT else None


class Forged(Exception):
    """A notification that is not the network's, or not of now. The words are for the log."""


def signature(secret: bytes, seconds: int, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 over time (since 1970) and body."""
    mark = hmac.digest(secret, b"%d." % seconds + body, hashlib.sha256).hex()
    return f"t={seconds},v1={mark}"


def verified(header: str, body: bytes, secret: bytes, now: int) -> int:
    """The second it was signed in. Raises Forged."""
    time, _, _mark = header.partition(",")
    digits = time.removeprefix("t=")
    if not (time.startswith("t=") and digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise Forged("it bears no signature")
    seconds = int(digits)
    if not hmac.compare_digest(signature(secret, seconds, body).encode(), header.encode("utf-8", "replace")):
        raise Forged("its signature is wrong")
    if abs(now - seconds) > WINDOW:
        raise Forged("it was signed at another time")
    return seconds


@dataclass(frozen=True)
class Keys:
    """`api`: by which the house shows who it is; `signing`: by which the network does."""

    api: str
    signing: bytes


def keys_of(secret: str) -> Keys:
    """Of the try-out's network, made from the installation's secret; a real network gives its own."""
    api, signing = (
        hmac.digest(secret.encode(), f"gasthof.cards.{name}".encode(), hashlib.sha256) for name in ("api", "signing")
    )
    return Keys(api.hex(), signing)
