"""The agent's life: fetch what changed, apply it, tell; look over everything in the background; outlive the control plane."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from time import monotonic, sleep
from typing import Protocol

from gasthof.agent.apply import Applier
from gasthof.agent.audit import audit
from gasthof.agent.backoff import Backoff
from gasthof.agent.execute import Executor
from gasthof.agent.guard import Guard
from gasthof.agent.journal import Id, Journal
from gasthof.agent.kinds import Fixture, Knowledge, Machine
from gasthof.agent.link import LinkLost
from gasthof.agent.sdk.steps import MakeLookup
from gasthof.agent.wire import Answer, Batch, NodeReport, Position

CHUNK = 250  # objects applied together
WORK = 2.0  # seconds of applying, after which all else gets its turn; the chunk at hand is finished
AT_ONCE = 400  # reports in one message
POLL = 30.0  # seconds without a hint until it asks anyway
AUDIT_EVERY = 900.0  # seconds from one audit's end to the next one's start
AUDIT_AFTER_TROUBLE = 60.0  # seconds
TROUBLE = 5.0  # seconds of rest after what should not have happened
REPAIR_EVERY = 20.0  # seconds between attempts at a fixture that failed
RECONNECT_FIRST, RECONNECT_LONGEST = 0.1, 15.0  # seconds

log = logging.getLogger("gasthof.agent")


class Control(Protocol):
    """The control plane as the agent sees it (agent/link.py). Each method may raise LinkLost."""

    def changes(self, position: Position) -> Batch: ...
    def report(self, report: NodeReport) -> Answer: ...
    def wait(self, seconds: float) -> bool: ...
    def close(self) -> None: ...


class Agent:
    """One node's agent; single-threaded, its journal its only memory."""

    def __init__(
        self,
        machine: Machine,
        knowledge: Knowledge,
        journal: Journal,
        connect: Callable[[], Control],
        executor: Executor | None = None,
    ) -> None:
        self.machine, self.knowledge, self.journal, self.connect = machine, knowledge, journal, connect
        self.executor = executor or Executor(machine, knowledge)
        self.backoff = Backoff(monotonic)
        self.guard = Guard(journal)
        self.applier = Applier(machine, knowledge, journal, self.executor, self.backoff)
        self.link: Control | None = None
        self.parked = journal.parked()
        self.fresh: set[Id] = set()
        self.woken = True
        self.poll_at = self.connect_at = self.audit_at = 0.0
        self.connect_pause = RECONNECT_FIRST
        self.broken: set[str] = set()  # fixtures that failed
        self.fix_at = 0.0
        self.told_held: str | None = None
        self.ask_again = False  # whether what is held was released meanwhile
        self.auditing: Iterator[int] | None = None
        self.behind = False  # more was due than the last change pass had time for
        self.waiting = False  # a signal may end the sleep

    # One round

    def run(self, stopping: Callable[[], bool]) -> None:
        """For ever, or until stopping says so. A full disk or a broken one does not end it."""
        self.fix()
        self.enduring(partial(self.work, WORK))
        while not stopping():
            self.enduring(self.round)
        self.drop_link()

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
        if self.broken and monotonic() >= self.fix_at:
            self.fix()
        self.look()
        self.deliver()

    def rest(self) -> None:
        """Until woken, or until something is due; not at all in mid-audit or with work left."""
        due = [self.poll_at, monotonic() + self.backoff.pause(self.guard.holding), self.audit_at]
        if self.link is None:
            due.append(self.connect_at)
        if self.broken:
            due.append(self.fix_at)
        seconds = 0.0 if self.auditing or self.behind else max(0.0, min(due) - monotonic())
        self.woken = self.wait(seconds) or self.woken

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

    # The control plane

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
        self.fresh = taken if len(taken) <= CHUNK else set()
        self.woken, self.ask_again, self.poll_at = False, True, monotonic() + POLL

    def park(self, why: str | None) -> None:
        if why and why != self.parked:
            log.warning("parked by the control plane: %s", why)
        if why != self.parked:
            self.journal.park(why)
        self.parked = why

    def deliver(self) -> None:
        """Tell what is in the outbox, and what waits for a person."""
        while self.link is not None and not self.parked:
            reports = self.journal.untold(AT_ONCE)
            if not reports and self.guard.held == self.told_held and not (self.guard.held and self.ask_again):
                return
            self.ask_again = False
            position = self.journal.position()
            sent = self.tell(
                NodeReport(tuple(report for _, report in reports), position=position, held=self.guard.held)
            )
            if not sent or not reports:
                return
            self.journal.told(reports)

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
            self.work(WORK)
        if answer.differing:
            self.journal.forsake(self.journal.unnamed(answer.differing))
        return True

    def offers(self) -> dict[str, list[str]]:
        """What this machine has, for the control plane to choose from."""
        found = {}
        for name, look in self.knowledge.offers.items():
            try:
                found[name] = look(self.machine.prefix)
            except Exception:
                log.exception("could not find out %s", name)
        return found

    # The machine

    def fix(self) -> list[str]:
        """Plan and carry out the fixtures, in their order. Returns what went wrong, in words."""
        self.fix_at = monotonic() + REPAIR_EVERY
        return [words for fixture in self.knowledge.fixtures if (words := self.fix_one(fixture))]

    def fix_one(self, fixture: Fixture) -> str:
        """Words of the failure, or ""."""
        try:
            plan = fixture.plan(self.machine.prefix, fixture.gather(self.machine))
            outcome = self.executor.carry_out([plan])[0]
            words = "" if outcome.live else outcome.words
            if outcome.live and any(isinstance(step, MakeLookup) for step in plan.prepare):
                self.look_again()
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
        if words:
            self.broken.add(fixture.name)
            log.error("%s: %s", fixture.name, words)
        else:
            self.broken.discard(fixture.name)
        return f"{fixture.name}: {words}" if words else ""

    def look_again(self) -> None:
        """A look-up database may be empty now; what failed may have waited for it."""
        self.auditing, self.audit_at = None, 0.0
        self.backoff.forget(list(self.backoff.waiting))

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

    def apply(self, chunk: list[Id]) -> None:
        objects = self.journal.read(chunk)
        if not objects:
            return
        for verdict in self.applier.apply(self.applier.plans(objects)):
            if verdict.state == "failed":
                log.warning("%s %s: %s", *verdict.desired.id, verdict.words)

    def next_chunk(self) -> list[Id]:
        """Objects of one kind and direction: new ones in rank order, then those that go, highest rank first.

        Those that were tried least lead: what removes customers' files shares one slice of time.
        """
        found = self.journal.open_ids()
        going = self.guard.let_through([(kind, key) for kind, key, _, gone in found if gone])
        due = [
            (kind, key, scope, gone)
            for kind, key, scope, gone in found
            if self.backoff.due((kind, key)) and (not gone or (kind, key) in going)
        ]
        due = self.first_of_all(due) or due
        if not due:
            return []
        lead = min((gone, self.rank(kind, gone), kind) for kind, _, _, gone in due)
        first = [(kind, key) for kind, key, _, gone in due if (gone, self.rank(kind, gone), kind) == lead]
        return sorted(first, key=self.backoff.attempts)[:CHUNK]

    def first_of_all(self, due: list[tuple[str, str, str, bool]]) -> list[tuple[str, str, str, bool]]:
        """What has just come, if nothing else of its subscription is open: it does not queue behind a whole node."""
        if not self.fresh or len(due) <= CHUNK:
            return []
        busy = {scope for kind, key, scope, _ in due if (kind, key) not in self.fresh}
        return [one for one in due if (one[0], one[1]) in self.fresh and one[2] not in busy]

    def rank(self, kind: str, gone: bool) -> int:
        rank = self.applier.rank(kind)
        return -rank if gone else rank

    def look(self) -> None:
        """The next portion of the audit pass, if one is due."""
        if self.auditing is None:
            if monotonic() < self.audit_at:
                return
            self.auditing = audit(self.applier, self.knows_all)
        if next(self.auditing, None) is None:
            self.auditing = None
            self.finish_audit()

    def knows_all(self) -> bool:
        """Whether what the journal does not name is really not wanted."""
        return not self.parked and self.journal.complete()

    def finish_audit(self, seconds: float = WORK) -> None:
        self.audit_at = monotonic() + AUDIT_EVERY
        self.fix()
        self.work(seconds)
        facts, digests = self.offers(), self.journal.digests()
        if not self.parked:
            position = self.journal.position()
            self.tell(NodeReport(facts=facts, digests=digests, position=position, held=self.guard.held))

    def audit_now(self) -> None:
        """The whole audit pass in one go."""
        for _ in audit(self.applier, self.knows_all):
            self.work()
        self.finish_audit(float("inf"))
        self.deliver()
