"""The guard against deleting in bulk: much of a node at once waits for a person."""

from collections.abc import Collection
from dataclasses import dataclass

from gasthof.agent.journal import Id, Journal

SHARE, LEAST = 0.3, 50  # more than this share, and at least so many objects
NAMED = 10  # examples in the words


@dataclass
class Guard:
    journal: Journal
    held: str | None = None  # what waits, in words; reported as it stands
    holding: frozenset[Id] = frozenset()

    def let_through(self, gone: Collection[Id]) -> set[Id]:
        """Which of the objects that are to go may go now."""
        released = self.journal.released()
        waiting = set(gone) - released
        if (total := self._counted(waiting)) is None or len(waiting) <= SHARE * total:
            self.held, self.holding = None, frozenset()
            if released and not released & set(gone):
                self.journal.release([])
            return set(gone)
        named = ", ".join(f"{kind} {key}" for kind, key in sorted(waiting)[:NAMED])
        self.holding = frozenset(waiting)
        self.held = f"{len(waiting)} of {total} objects would be removed: {named}, ..."
        return set(gone) & released

    def _counted(self, waiting: Collection[Id]) -> int | None:
        """All objects; None where their number does not matter: counting makes a change dearer with each customer."""
        return self.journal.count() if len(waiting) >= LEAST else None

    def release(self, gone: Collection[Id]) -> None:
        """A person looked at it and said yes."""
        self.journal.release(gone)
        self.held, self.holding = None, frozenset()
