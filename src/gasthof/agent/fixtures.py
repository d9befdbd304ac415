"""What the node always has, planned without intent: tried again until it is there."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from gasthof.agent.execute import Executor
from gasthof.agent.journal import Journal
from gasthof.agent.kinds import Fixture, Machine
from gasthof.agent.sdk.steps import MakeLookup, Plan

REPAIR_EVERY = 20.0  # seconds between attempts at a fixture that failed

log = logging.getLogger("gasthof.agent")


@dataclass
class Fixtures:
    machine: Machine
    fixtures: tuple[Fixture, ...]
    executor: Executor
    journal: Journal
    emptied: Callable[[], None]  # told when a look-up database may be empty now
    broken: set[str] = field(default_factory=set)  # names of those that failed
    again_at: float = 0.0
    full: bool = False  # all that is wanted was applied since a look-up database was last emptied

    def fix(self) -> list[str]:
        """Plan and carry out all, in their order. Returns what went wrong, in words."""
        self.again_at = monotonic() + REPAIR_EVERY
        # emptied by one, the last ones have to wait
        return [words for one in self.fixtures if (self.full or not one.last) and (words := self._fix(one))]

    def filled(self) -> None:
        """Nothing is missing in look-up databases any more: now the last ones, too."""
        self.full = True
        for fixture in self.fixtures:
            if fixture.last:
                self._fix(fixture)

    def _fix(self, fixture: Fixture) -> str:
        """Words of the failure, or ""."""
        try:
            words = self._carry_out(fixture)
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
        if words:
            self.broken.add(fixture.name)
            log.error("%s: %s", fixture.name, words)
            return f"{fixture.name}: {words}"
        self.broken.discard(fixture.name)
        return ""

    def _carry_out(self, fixture: Fixture) -> str:
        plan = fixture.plan(self.machine.prefix, fixture.gather(self.machine))
        self._note(fixture, plan)
        outcome = self.executor.carry_out([plan])[0]
        if any(isinstance(step, MakeLookup) for step in plan.prepare):
            self.emptied()
        if outcome.working:
            return "not yet done"
        if outcome.live:
            self.journal.fixture_in_place(fixture.name, plan.wanted)
        return "" if outcome.live else outcome.words

    def _note(self, fixture: Fixture, plan: Plan) -> None:
        """What differs although the same was wanted before, and was there, was changed by hand."""
        words = "\n".join(f"{path}: {note}" for path, note in plan.notes.items())
        if words and self.journal.note_fixture(fixture.name, plan.wanted, words):
            log.warning("fixture %s was changed by hand: %s", fixture.name, "; ".join(words.splitlines()))
