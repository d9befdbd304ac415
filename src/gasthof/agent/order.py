"""Which objects are applied next."""

from collections.abc import Callable, Collection, Sequence

from gasthof.agent.journal import Id

CHUNK = 250  # objects applied together
AHEAD = 20  # chunks found in one go: to look through all that is open, for each, would be quadratic

Open = tuple[str, str, str, bool]  # kind, key, scope, is to go


def next_chunks(
    due: Sequence[Open], fresh: Collection[Id], rank: Callable[[str], int], attempts: Callable[[Id], int]
) -> list[list[Id]]:
    """Objects of one kind and direction: new ones in rank order, then those that go, highest rank first. They hold until more comes.

    Those that were tried least lead: what removes customers' files shares one slice of time.
    """
    due = _first_of_all(due, fresh) or due
    if not due:
        return []

    def turn(one: Open) -> tuple[bool, int, str]:
        kind, _, _, gone = one
        return gone, -rank(kind) if gone else rank(kind), kind

    lead = min(turn(one) for one in due)
    first = [(one[0], one[1]) for one in due if turn(one) == lead]
    ordered = sorted(first, key=attempts)[: CHUNK * AHEAD]
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]


def _first_of_all(due: Sequence[Open], fresh: Collection[Id]) -> list[Open]:
    """What has just come, if nothing else of its subscription is open: it does not queue behind a whole node."""
    if not fresh or len(due) <= CHUNK:
        return []
    busy = {scope for kind, key, scope, _ in due if (kind, key) not in fresh}
    return [one for one in due if (one[0], one[1]) in fresh and one[2] not in busy]
