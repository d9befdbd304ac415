"""When what failed is tried again: after one second, then twice as long each time, so that it costs others nothing.

What is not finished goes on sooner, but pauses as well: a customer may make files as fast as they are removed.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from gasthof.agent.journal import Id

FIRST, LONGEST = 1.0, 300.0  # seconds
LONGEST_AWAY = 15.0  # seconds, while a daemon does not answer: that ends soon, and for all at once
MOST_DOUBLINGS = 30
FIRST_MORE, LONGEST_MORE = 0.5, 2.0  # seconds, until the next part of what takes long
FIRST_LOOK, LONGEST_LOOK = 0.2, 5.0  # seconds, until a daemon that is still at it is asked again


@dataclass
class Backoff:
    """In memory only: a new start tries everything at once."""

    clock: Callable[[], float]  # monotonic seconds
    waiting: dict[Id, tuple[int, float]] = field(default_factory=dict)  # id -> attempts, due
    looking: set[Id] = field(default_factory=set)  # those of them whose attempts were only looks

    def failed(self, one: Id, *, away: bool = False) -> None:
        if one in self.looking:
            self.forget([one])
        self._wait(one, FIRST, LONGEST_AWAY if away else LONGEST)

    def unfinished(self, one: Id) -> None:
        self._wait(one, FIRST_MORE, LONGEST_MORE)

    def working(self, one: Id) -> None:
        if one not in self.looking:
            self.forget([one])
            self.looking.add(one)
        self._wait(one, FIRST_LOOK, LONGEST_LOOK)

    def queued(self, one: Id) -> None:
        """It was not its turn: no attempt, so that it comes before those that had one."""
        self.waiting[one] = (self.attempts(one), self.clock() + FIRST_MORE)

    def attempts(self, one: Id) -> int:
        return self.waiting.get(one, (0, 0.0))[0]

    def _wait(self, one: Id, first: float, longest: float) -> None:
        attempts = self.attempts(one)
        pause = min(first * 2.0 ** min(attempts, MOST_DOUBLINGS), longest)
        self.waiting[one] = (attempts + 1, self.clock() + pause)

    def forget(self, ids: Iterable[Id]) -> None:
        for one in ids:
            self.waiting.pop(one, None)
            self.looking.discard(one)

    def due(self, one: Id) -> bool:
        return one not in self.waiting or self.waiting[one][1] <= self.clock()

    def pause(self, besides: Collection[Id] = ()) -> float:
        """Seconds until the next of them is due, those left out besides; endless when none waits."""
        waiting = (due for one, (_, due) in self.waiting.items() if one not in besides)
        return min(waiting, default=float("inf")) - self.clock()
