"""The agent's life: fetch what changed, apply it, tell; look over everything in the background; outlive the control plane."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic, sleep

from gasthof.agent.apply import Applier
from gasthof.agent.audit import audit
from gasthof.agent.backoff import Backoff
from gasthof.agent.execute import Executor
from gasthof.agent.findings import Measurer
from gasthof.agent.fixtures import Fixtures
from gasthof.agent.journal import Id, Journal
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.order import next_chunks
from gasthof.agent.showing import LOOK_AGAIN
from gasthof.agent.talk import Control, Talk
from gasthof.agent.wire import NodeReport

WORK = 2.0  # seconds of applying, after which all else gets its turn; the chunk at hand is finished
AUDIT_EVERY = 900.0  # seconds from one audit's end to the next one's start
AUDIT_AFTER_TROUBLE = 60.0  # seconds
TROUBLE = 5.0  # seconds of rest after what should not have happened

log = logging.getLogger("gasthof.agent")


class Agent(Talk):
    """One node's agent; single-threaded, its journal its only memory."""

    def __init__(
        self,
        machine: Machine,
        knowledge: Knowledge,
        journal: Journal,
        connect: Callable[[], Control],
        executor: Executor | None = None,
    ) -> None:
        super().__init__(machine, knowledge, journal, Backoff(monotonic), connect)
        self.executor = executor or Executor(machine, knowledge)
        self.measurer = Measurer(machine, knowledge, journal)
        self.applier = Applier(machine, knowledge, journal, self.executor, self.backoff, self.measurer)
        self.fixtures = Fixtures(machine, knowledge.fixtures, self.executor, journal, self.look_again)
        self.audit_at = 0.0
        self.auditing: Iterator[int] | None = None
        self.ahead: list[list[Id]] = []  # what comes next; kept until more is fetched
        self.behind = False  # more was due than the last change pass had time for
        self.looked = False  # an audit has compared everything since a look-up database was last emptied

    # One round

    def run(self, stopping: Callable[[], bool]) -> None:
        """For ever, or until stopping says so. A full disk or a broken one does not end it."""
        self.fix()
        self.enduring(partial(self.work, WORK))
        while not stopping():
            self.enduring(self.round)
        self.drop_link()

    def close(self) -> None:
        """Let go of the control plane and of all databases."""
        self.drop_link()
        self.showing.stop()
        self.executor.close()

    def round(self) -> None:
        self.turn()
        self.rest()

    def enduring(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (OSError, sqlite3.Error):
            log.exception("in trouble; trying again in %.0f s", TROUBLE)
            self.lie_low()

    def lie_low(self) -> None:
        """The audit is put off as well: it may be what failed."""
        self.auditing, self.audit_at, self.woken = None, monotonic() + AUDIT_AFTER_TROUBLE, True
        self.waiting = True
        try:
            sleep(TROUBLE)
        except InterruptedError:  # a signal wants an audit
            pass
        finally:
            self.waiting = False

    def turn(self) -> None:
        """Everything that is due now."""
        self.reach()
        if self.woken or monotonic() >= self.poll_at:
            self.fetch()
        self.work(WORK)
        if self.fixtures.broken and monotonic() >= self.fixtures.again_at:
            self.fix()
        self.look()
        self.fill()
        self.measure()
        self.deliver()
        self.show()

    def rest(self) -> None:
        """Until woken, or until something is due; not at all in mid-audit or with work left."""
        due = [self.poll_at, monotonic() + self.backoff.pause(self.guard.holding), self.audit_at, self.measurer.asks_at]
        if self.link is None:
            due.append(self.connect_at)
        if self.fixtures.broken:
            due.append(self.fixtures.again_at)
        if self.showing.running:
            due.append(monotonic() + LOOK_AGAIN)
        seconds = 0.0 if self.auditing or self.behind or self.measurer.due else max(0.0, min(due) - monotonic())
        self.woken = self.wait(seconds) or self.woken

    # The machine

    def fix(self) -> list[str]:
        """The fixtures. Returns what went wrong, in words."""
        return self.fixtures.fix()

    def look_again(self) -> None:
        """A look-up database may be empty now; what failed may have waited for it."""
        self.auditing, self.audit_at = None, 0.0
        self.looked = self.fixtures.full = False
        self.backoff.forget(list(self.backoff.waiting))
        self.ahead = []

    def fetch(self) -> None:
        super().fetch()
        self.ahead = []

    def work(self, seconds: float = float("inf")) -> None:
        """The change pass: apply everything that is open and due, a chunk at a time, and tell after each."""
        until = monotonic() + seconds
        while chunk := self.next_chunk():
            self.apply(chunk)
            self.deliver()
            if self.wait(0.0) if self.link is not None else False:
                self.fetch()
            if monotonic() >= until:
                break
        self.behind = bool(chunk)

    def released(self) -> None:
        self.ahead = []
        self.work(WORK)

    def apply(self, chunk: list[Id]) -> None:
        objects = self.journal.read(chunk)
        if not objects:
            return
        for verdict in self.applier.apply(self.applier.plans(objects)):
            if verdict.state == "failed":
                log.warning("%s %s: %s", *verdict.desired.id, verdict.words)

    def next_chunk(self) -> list[Id]:
        return chunks.pop(0) if (chunks := self.chunks()) else []

    def chunks(self) -> list[list[Id]]:
        """What is open, due, and may go, as far as that can be told before more comes."""
        self.ahead = self.ahead or self._chunks()
        return self.ahead

    def _chunks(self) -> list[list[Id]]:
        found = self.journal.open_ids()
        going = self.guard.let_through([(kind, key) for kind, key, _, gone in found if gone])
        due = [
            (kind, key, scope, gone)
            for kind, key, scope, gone in found
            if self.backoff.due((kind, key)) and (not gone or (kind, key) in going)
        ]
        return next_chunks(due, self.fresh, self.applier.rank, self.backoff.attempts)

    def measure(self) -> None:
        """The next portion of what came to life, if there is one."""
        self.measurer.ask_again()
        if self.measurer.due:
            self.measurer.portion()

    def look(self) -> None:
        """The next portion of the audit pass, if one is due."""
        if self.auditing is None:
            if monotonic() < self.audit_at:
                return
            self.auditing = audit(self.applier, self.knows_all)
        if next(self.auditing, None) is None:
            self.auditing = None
            self.finish_audit()

    def fill(self) -> None:
        """Tell the last fixtures once everything was compared, and nothing is open but what was tried and failed."""
        if self.looked and not self.fixtures.full and not self.behind and self.knows_all() and not self.chunks():
            self.fixtures.filled()

    def knows_all(self) -> bool:
        """Whether what the journal does not name is really not wanted."""
        return not self.parked and self.journal.complete()

    def finish_audit(self, seconds: float = WORK) -> None:
        self.audit_at, self.looked = monotonic() + AUDIT_EVERY, True
        self.fix()
        self.ahead = []
        self.work(seconds)
        self.fill()
        facts, digests = self.offers(), self.journal.digests()
        if not self.parked:
            position = self.journal.position()
            self.tell(NodeReport(facts=facts, digests=digests, position=position, held=self.guard.held))

    def audit_now(self) -> None:
        """The whole audit pass in one go."""
        for _ in audit(self.applier, self.knows_all):
            self.work()
        self.finish_audit(float("inf"))
        self.measure_all()
        self.deliver()

    def measure_all(self) -> None:
        while self.measurer.due:
            self.measure()
