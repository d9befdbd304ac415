"""The agent's side of the conversation with the control plane: fetch, tell, and outlive its absence."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Protocol

from gasthof.agent.backoff import Backoff
from gasthof.agent.guard import Guard
from gasthof.agent.journal import Id, Journal
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.link import LinkLost, LinkRefused
from gasthof.agent.showing import Showing
from gasthof.agent.wire import Answer, Batch, NodeReport, Position, PreviewTold

AT_ONCE = 400  # reports in one message
FINDINGS_AT_ONCE = 100  # in a message of their own
MOST_FRESH = 250  # changes that may overtake a backlog
POLL = 30.0  # seconds without a hint until it asks anyway
RECONNECT_FIRST, RECONNECT_LONGEST = 0.1, 15.0  # seconds

log = logging.getLogger("gasthof.agent")


class Control(Protocol):
    """The control plane as the agent sees it (agent/link.py). Each method may raise LinkLost."""

    def changes(self, position: Position) -> Batch: ...
    def report(self, report: NodeReport) -> Answer: ...
    def preview_wanted(self) -> int | None: ...
    def preview_told(self, told: PreviewTold) -> None: ...
    def wait(self, seconds: float) -> bool: ...
    def close(self) -> None: ...


class Talk(ABC):
    """What loop.Agent knows of the control plane."""

    def __init__(
        self, machine: Machine, knowledge: Knowledge, journal: Journal, backoff: Backoff, connect: Callable[[], Control]
    ) -> None:
        self.machine, self.knowledge, self.journal, self.connect = machine, knowledge, journal, connect
        self.backoff = backoff
        self.guard = Guard(journal)
        self.link: Control | None = None
        self.parked = journal.parked()
        self.fresh: set[Id] = set()
        self.woken = True
        self.poll_at = self.connect_at = 0.0
        self.connect_pause = RECONNECT_FIRST
        self.told_held: str | None = None
        self.ask_again = False  # whether what is held was released meanwhile
        self.showing, self.ask_for_wishes = Showing(), True
        self.waiting = False  # a signal may end the sleep

    @abstractmethod
    def released(self) -> None:
        """What was held back may go."""

    def wait(self, seconds: float) -> bool:
        """True when the control plane woke us."""
        self.waiting = True
        try:
            if self.link is None:
                sleep(seconds)
                return False
            return self.link.wait(seconds)
        except LinkLost as error:
            self.lose(error)
            return False
        except InterruptedError:  # a signal wants an audit
            return False
        finally:
            self.waiting = False

    def reach(self) -> None:
        """Connect, if there is no link and it is time to try."""
        if self.link is not None or monotonic() < self.connect_at:
            return
        try:
            self.link = self.connect()
        except LinkLost as error:
            self.lose(error)
            return
        log.info("connected to the control plane")
        self.woken, self.connect_pause = True, RECONNECT_FIRST
        self.tell(NodeReport(facts=self.offers(), position=self.journal.position(), held=self.guard.held))

    def lose(self, error: LinkLost) -> None:
        """Static stability: nothing stops here; what is known goes on being applied and looked after."""
        if self.link is not None or self.connect_pause == RECONNECT_FIRST:
            log.warning("no control plane: %s", error)
        self.drop_link()
        self.connect_at = monotonic() + self.connect_pause
        self.connect_pause = min(self.connect_pause * 2, RECONNECT_LONGEST)

    def drop_link(self) -> None:
        if self.link is not None:
            with suppress(Exception):
                self.link.close()
        self.link = None

    def fetch(self) -> None:
        """Take all that changed into the journal."""
        taken: set[Id] = set()
        more = True
        while more and self.link is not None:
            try:
                batch = self.link.changes(self.journal.position())
            except LinkLost as error:
                self.lose(error)
                break
            self.park(batch.parked)
            self.journal.take(batch, self.knowledge.scope_of)
            taken |= {(change.kind, change.key) for change in batch.changes}
            more = batch.more
        self.backoff.forget(taken)
        self.fresh = taken if len(taken) <= MOST_FRESH else set()
        self.woken, self.ask_again, self.poll_at = False, True, monotonic() + POLL
        self.ask_for_wishes = True

    def park(self, why: str | None) -> None:
        if why and why != self.parked:
            log.warning("parked by the control plane: %s", why)
        if why != self.parked:
            self.journal.park(why)
        self.parked = why

    def deliver(self) -> None:
        """Tell what is in the outbox, and what waits for a person; then what was measured."""
        while self.link is not None and not self.parked:
            reports = self.journal.untold(AT_ONCE)
            found = () if reports else tuple(self.journal.untold_findings(FINDINGS_AT_ONCE))
            fixtures = tuple(self.journal.untold_fixtures())
            held = self.guard.held
            if not reports and not found and not fixtures and held == self.told_held and not (held and self.ask_again):
                return
            self.ask_again = False
            said, position = tuple(report for _, report in reports), self.journal.position()
            report = NodeReport(said, found, fixtures, position=position, held=held)
            if not self.tell(report) or not (reports or found or fixtures):
                return
            if reports:
                self.journal.told(reports)
            self.journal.told_findings(found)
            self.journal.told_fixtures(fixtures)

    def tell(self, report: NodeReport) -> bool:
        """Deliver one report and heed the answer. False when the link broke."""
        if self.link is None:
            return False
        try:
            answer = self.link.report(report)
        except LinkLost as error:
            self.lose(error)
            return False
        self.told_held = report.held
        if answer.released and report.held and report.held == self.guard.held:
            self.guard.release([(kind, key) for kind, key, _, gone in self.journal.open_ids() if gone])
            self.released()
        if answer.differing:
            self.journal.forsake(self.journal.unnamed(answer.differing))
        return True

    def show(self) -> None:
        """Ask whether somebody wishes to see a preview, after all changes; tell one that is ready. It may be told twice."""
        if self.link is None:
            return
        try:
            if self.ask_for_wishes:
                self.showing.heed(self.link.preview_wanted())
                self.ask_for_wishes = False
            portions = self.showing.portions()
            for told in portions:
                self.link.preview_told(told)
        except LinkLost as error:
            self.lose(error)
            if not isinstance(error, LinkRefused):
                return  # told again over the next link
        if portions:
            self.showing.stop()

    def offers(self) -> dict[str, list[str]]:
        """What this machine has, for the control plane to choose from."""
        found = {}
        for name, look in self.knowledge.offers.items():
            try:
                found[name] = look(self.machine.prefix)
            except Exception:
                log.exception("could not find out %s", name)
        return found
