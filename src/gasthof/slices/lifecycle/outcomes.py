"""What became of a piece of work."""

from collections.abc import Callable
from dataclasses import dataclass

from gasthof.kernel.clock import Clocks
from gasthof.slices.lifecycle.models import Work


@dataclass(frozen=True)
class Outcome:
    """Whether it is done; if not, in words why."""

    done: bool
    words: str = ""


Driver = Callable[[Work, Clocks], Outcome]
