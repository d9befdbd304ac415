"""Which notices are worth sending, and when one counts as delivered. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

AGAIN_AFTER = timedelta(days=1)  # a refused notice is tried once more, on another day
ATTEMPTS = 2
REFUSAL = re.compile(r"5\d\d\b")  # RFC 5321, 4.2.1; "5.7.8" is what a relay says of our own password
ENDED, LAST_CHANCE, RESTORED = (
    "ended",
    "last_chance",
    "restored",
)  # what is told of after the end, whatever the policy says
AFTER = (ENDED, LAST_CHANCE, RESTORED)
LAST_DAYS = 3  # so many before what was saved goes
PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-moz")
AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
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


def tells_of_end(named: date | None, on: date) -> bool:
    """Whether a notice that arrives on that day is notice of a deletion: it names the day, and that is still to come."""
    return named is not None and on <= named


def is_looked_at(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request shows its answer to a person: a GET that no browser makes ahead of a click that may never come
    (https://www.w3.org/TR/fetch-metadata, Sec-Purpose; Purpose and X-moz before that)."""
    return method == "GET" and not any(AHEAD.search(headers.get(name, "")) for name in PURPOSES)


def refuses(words: str) -> bool:
    """Whether a mail server said that it will never take it. All else that a mail was given up for says nothing of the address."""
    return REFUSAL.match(words) is not None


def refused_enough(refused: Mapping[str, Collection[date]]) -> bool:
    """Whether one address, each with the days on which it was refused, has had its attempts: on different days."""
    return any(len(set(days)) >= ATTEMPTS for days in refused.values())


def shown_enough(refused: Mapping[str, Collection[date]], displayed: date | None, on: date) -> bool:
    """Whether a notice that no mail server took counts all the same: refused on two days, and shown long enough in the customer
    centre (design/lifecycle-model.md)."""
    return refused_enough(refused) and displayed is not None and on >= displayed + SHOWN_FOR
