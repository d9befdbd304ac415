"""Which notices are worth sending, and when one counts as delivered. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

AGAIN_AFTER = timedelta(days=1)  # a refused notice is tried once more, on another day
ATTEMPTS = 2
SHOWN_FOR = timedelta(days=7)  # so long a refused one has to have stood in the customer centre


@dataclass(frozen=True)
class Due:
    service: int
    first_unpaid: date
    name: str
    day: date


def worth(due: Sequence[Due]) -> tuple[Due, tuple[Due, ...]]:
    """Of what is due for one service at once, the last one, and those that it overtakes: after an outage nobody gets four mails.
    Each notice says all that is to come, so that nothing is left unsaid."""
    *overtaken, last = sorted(due, key=lambda each: (each.day, each.name))
    return last, tuple(overtaken)


def shown_enough(refused: Sequence[date], displayed: date | None, on: date) -> bool:
    """Whether a notice that no mail server took counts all the same: refused on two days, and shown long enough in the customer
    centre (design/lifecycle-model.md)."""
    return len(set(refused)) >= ATTEMPTS and displayed is not None and on >= displayed + SHOWN_FOR
