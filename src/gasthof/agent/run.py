"""One plan on its way through the phases of execute.py, and how it ended."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gasthof.agent.sdk.ask import Away, Working
from gasthof.agent.sdk.steps import (
    Change,
    CustomerDirectory,
    CustomerFile,
    LookupDatabase,
    Plan,
    Rows,
    SetRows,
    WriteFile,
)

LONGEST_WORDS = 4000  # characters, as reports may carry


@dataclass(frozen=True)
class Outcome:
    """How one plan ended."""

    live: bool
    words: str = ""  # why not, in the daemon's own words
    away: bool = False  # a daemon did not answer: nobody knows whether the plan is good
    working: bool = False  # a daemon is still at it: what was changed stays, and it is asked again
    unfinished: bool = False  # live so far, and there is more to remove
    queued: bool = False  # unfinished because others took all the time


@dataclass
class Run:
    """What a plan has done so far."""

    plan: Plan
    error: str | None = None
    away: bool = False
    working: bool = False
    unfinished: bool = False
    queued: bool = False
    staged: list[WriteFile] = field(default_factory=list)
    swapped: list[Change] = field(default_factory=list)
    rows: list[tuple[SetRows, Rows]] = field(default_factory=list)  # with the rows that were there before
    witnessed: set[LookupDatabase] = field(default_factory=set)  # where these rows can be read again after a kill
    touched: list[Path] = field(default_factory=list)  # root's own, to be made durable
    customers: list[CustomerDirectory | CustomerFile] = field(default_factory=list)  # made beneath a customer's folder

    @property
    def ended(self) -> bool:
        """Not to be carried on."""
        return self.error is not None or self.working

    def fail(self, error: Exception | str) -> None:
        if self.ended:
            return
        if isinstance(error, Working):
            self.working = True
            return
        self.error = (str(error) or type(error).__name__)[:LONGEST_WORDS]
        self.away = isinstance(error, Away)

    def outcome(self) -> Outcome:
        return Outcome(not self.ended, self.error or "", self.away, self.working, self.unfinished, self.queued)


def alive(runs: Iterable[Run]) -> Iterator[Run]:
    return (run for run in runs if not run.ended)


def all_or_none(runs: Sequence[Run], act: Callable[[], None]) -> None:
    """What is done for several at once fails all of them, and nothing else."""
    try:
        act()
    except Exception as error:
        for run in runs:
            run.fail(error)
