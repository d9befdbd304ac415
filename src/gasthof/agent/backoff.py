"""When what failed is tried again: after one second, then twice as long each time, so that it costs others nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gasthof.agent.journal import Id

FIRST, LONGEST = 1.0, 300.0  # seconds
LONGEST_AWAY = 15.0  # seconds, while a daemon does not answer: that ends soon, and for all at once


@dataclass
class Backoff:
    """In memory only: a new start tries everything at once."""

    clock: Callable[[], float]  # monotonic seconds
    waiting: dict[Id, tuple[int, float]] = field(default_factory=dict)  # id -> attempts, due

    def failed(self, one: Id, *, away: bool = False) -> None:
        attempts = self.waiting.get(one, (0, 0.0))[0]
        pause = min(FIRST * 2**attempts, LONGEST_AWAY if away else LONGEST)
        self.waiting[one] = (min(attempts + 1, 30), self.clock() + pause)

    def forget(self, ids: Iterable[Id]) -> None:
        for one in ids:
            self.waiting.pop(one, None)

    def due(self, one: Id) -> bool:
        return one not in self.waiting or self.waiting[one][1] <= self.clock()

    def pause(self) -> float:
        """Seconds until the next of them is due; endless when none waits."""
        return min((due for _, due in self.waiting.values()), default=float("inf")) - self.clock()
