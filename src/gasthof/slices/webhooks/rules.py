"""Decisions of webhooks: which events there are, when a delivery is tried again, how much is enough."""

from datetime import timedelta

PERFORMED, LIVE, FAILED = "verb.performed", "change.live", "change.failed"
KINDS = (PERFORMED, LIVE, FAILED)  # of events that can be asked for
TEST = "test"

MOST_WEBHOOKS = 20  # of one person
MOST_WAITING = 10_000  # deliveries of one webhook; whoever takes none for so long gets no more
MOST_TESTS = 30  # of one webhook in an hour
FORMER_FOR = timedelta(hours=24)  # a secret goes on to sign after it was replaced

FIRST_WAIT = timedelta(seconds=15)  # after the first attempt that failed, doubling
ATTEMPTS = 15  # of one delivery, over some three days
JITTER = 0.2  # part of a wait that chance adds or takes away, so that what failed together does not come back together
FOLLOWED_FOR = timedelta(days=7)  # a change that failed may yet become live

SECURE_PORT, FIRST_FREE_PORT = 443, 1024


def until_next_attempt(attempts: int, chance: float) -> timedelta | None:
    """After so many attempts that failed; `chance` from 0 to 1. None: it is given up."""
    if attempts >= ATTEMPTS:
        return None
    doubled: int = 2 ** (attempts - 1)
    return FIRST_WAIT * doubled * (1 - JITTER + 2 * JITTER * chance)


def until_next_look(age: timedelta) -> timedelta:
    """At a change of that age which is not live yet: nodes answer within a second, or take their time."""
    return min(max(age / 4, timedelta(seconds=1)), timedelta(minutes=1))


def is_port(number: int) -> bool:
    """HTTPS' own, or one that no service of a machine's root listens on (RFC 6335 section 6)."""
    return number == SECURE_PORT or FIRST_FREE_PORT <= number <= 65535
