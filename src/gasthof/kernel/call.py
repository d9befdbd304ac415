"""One performance of a verb: who acts, when, and what is to be done at the end of its transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import Actor


@dataclass(frozen=True)
class Awaited:
    """A change that a node was told about: whoever waits for it to be live asks for exactly this."""

    node: int
    kind: str
    key: str
    revision: int


@dataclass
class Call:
    """Handed to every verb. `scratch` is for what slices collect until the end, each under its own name."""

    actor: Actor
    clocks: Clocks
    scratch: dict[str, Any] = field(default_factory=dict)
    awaited: list[Awaited] = field(default_factory=list)
    _late: list[Callable[[], None]] = field(default_factory=list)
    _last: list[Callable[[], None]] = field(default_factory=list)

    def before_commit(self, function: Callable[[], None], *, last: bool = False) -> None:
        """Run this at the end of the transaction, once, in the order of registration; `last`: when nothing else is left."""
        (self._last if last else self._late).append(function)

    def finish(self) -> None:
        """Run what was registered, also what is registered meanwhile. The kernel calls it."""
        while self._late or self._last:
            (self._late or self._last).pop(0)()
