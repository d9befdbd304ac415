"""From desired objects to plans, and from plans to verdicts. One object's failure stays its own at every stage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gasthof.agent.backoff import Backoff
from gasthof.agent.execute import Executor
from gasthof.agent.findings import Measurer
from gasthof.agent.journal import Desired, Id, Journal, Verdict
from gasthof.agent.kinds import Kind, Knowledge, Machine, Wanted
from gasthof.agent.run import Outcome
from gasthof.agent.sdk.steps import LocalCertificate, Plan, RemoveTree

HIGHEST = 1_000_000  # rank of what this agent does not know
Traces = Mapping[Id, tuple[str, ...]]


class Unknown(ValueError):
    """A kind or version that this agent was not taught."""


@dataclass(frozen=True)
class Planned:
    """An object with its plan, or with the reason why there is none."""

    desired: Desired
    plan: Plan = field(default_factory=Plan)
    error: str | None = None


@dataclass(frozen=True)
class Applier:
    machine: Machine
    knowledge: Knowledge
    journal: Journal
    executor: Executor
    backoff: Backoff
    measurer: Measurer
    strangers: dict[Id, tuple[str, ...]] = field(
        default_factory=dict
    )  # what an audit found of objects that nobody wants

    def plans(self, objects: Sequence[Desired], traces: Traces | None = None) -> list[Planned]:
        """Facts and plans of objects of one kind, in their order."""
        decoded: dict[str, tuple[Desired, Wanted]] = {}
        failed: dict[str, Planned] = {}
        for one in objects:
            try:
                decoded[one.key] = one, self._decoded(one, self._trace(one.id, traces or {}))
            except (Unknown, msgspec.MsgspecError) as error:
                failed[one.key] = Planned(one, error=str(error))
        facts = self._facts(self.knowledge.kinds[objects[0].kind], decoded) if decoded else {}
        return [failed.get(one.key) or self._planned(*decoded[one.key], facts[one.key]) for one in objects]

    def _trace(self, one: Id, traces: Traces) -> tuple[str, ...]:
        return traces[one] if one in traces else self.strangers.get(one, ())

    def apply(self, planned: Sequence[Planned]) -> list[Verdict]:
        """Carry out, mark, and remember what to try again. Plans that meet on one path wait for the next round."""
        free = list(_apart(planned))
        outcomes = iter(self.executor.carry_out([one.plan for one in free if one.error is None]))
        verdicts = [
            self._verdict(one, next(outcomes) if one.error is None else Outcome(False, one.error)) for one in free
        ]
        final = [verdict for verdict in verdicts if verdict]
        self.journal.mark(final)
        self.journal.reopen([one.desired for one, verdict in zip(free, verdicts, strict=True) if not verdict])
        self.measurer.expect([verdict.desired for verdict in final if verdict.state == "live"])
        self._hurry([verdict.desired for verdict in final if verdict.state == "live" and verdict.desired.scope])
        return final

    def _decoded(self, one: Desired, trace: tuple[str, ...]) -> Wanted:
        kind = self.knowledge.kinds.get(one.kind)
        if not kind:
            raise Unknown(f"this node does not know objects of kind {one.kind}")
        if one.spec is not None and one.spec_version != kind.version:
            raise Unknown(f"this node knows version {kind.version} of {one.kind}, not {one.spec_version}")
        before = tuple(spec for spec in (_readable(kind, text) for text in one.before) if spec is not None)
        if one.spec is not None:
            return Wanted(msgspec.json.decode(one.spec, type=kind.spec), before, (), trace)
        around = tuple(_readable(kind, other.spec or "") for other in self._neighbours(one, before, kind))
        return Wanted(None, before, tuple(spec for spec in around if spec is not None), trace, one.revision > 0)

    def _neighbours(self, one: Desired, before: Sequence[Any], kind: Kind) -> Iterator[Desired]:
        for scope in {one.scope, *(kind.scope(spec) for spec in before)} - {""}:
            yield from self.journal.around(one.kind, scope)

    def _facts(self, kind: Kind, decoded: Mapping[str, tuple[Desired, Wanted]]) -> Mapping[str, Any]:
        wanted = {key: found for key, (_, found) in decoded.items()}
        try:
            found = kind.gather(self.machine, wanted)
        except Exception:
            return {key: self._facts_alone(kind, key, one) for key, one in wanted.items()}
        return {key: found.get(key, LookupError(f"nothing is known of {kind.name} {key}")) for key in wanted}

    def _facts_alone(self, kind: Kind, key: str, wanted: Wanted) -> Any:
        try:
            return kind.gather(self.machine, {key: wanted})[key]
        except Exception as error:
            return error

    def _planned(self, one: Desired, wanted: Wanted, facts: Any) -> Planned:
        try:
            if isinstance(facts, Exception):
                raise facts
            kind = self.knowledge.kinds[one.kind]
            return Planned(one, kind.plan(self.machine.prefix, one.key, wanted.spec, facts))
        except Exception as error:
            return Planned(one, error=f"{error}" or type(error).__name__)

    def _verdict(self, one: Planned, outcome: Outcome) -> Verdict | None:
        if outcome.unfinished:
            (self.backoff.queued if outcome.queued else self.backoff.unfinished)(one.desired.id)
            return None
        if outcome.working:
            self.backoff.working(one.desired.id)
            return None
        if outcome.live:
            self.backoff.forget([one.desired.id])
            self.strangers.pop(one.desired.id, None)
            return Verdict(one.desired, "live")
        self.backoff.failed(one.desired.id, away=outcome.away)
        return Verdict(one.desired, "failed", outcome.words)

    def _hurry(self, alive: Sequence[Desired]) -> None:
        """What failed in a subscription may have waited for something lower in rank that just came to life in it."""
        if not self.backoff.waiting or not alive:
            return
        lowest: dict[str, int] = {}
        for one in alive:
            lowest[one.scope] = min(self.rank(one.kind), lowest.get(one.scope, HIGHEST))
        waiting = self.journal.open_ids()
        self.backoff.forget(
            [(kind, key) for kind, key, scope, _ in waiting if self.rank(kind) > lowest.get(scope, HIGHEST)]
        )

    def rank(self, kind: str) -> int:
        known = self.knowledge.kinds.get(kind)
        return known.rank if known else HIGHEST


def _readable(kind: Kind, text: str) -> Any | None:
    try:
        return msgspec.json.decode(text, type=kind.spec)
    except msgspec.DecodeError:
        return None


def _apart(planned: Sequence[Planned]) -> Iterator[Planned]:
    """Those that touch no path and no owner's rows of an earlier one."""
    taken: set[object] = set()
    for one in planned:
        paths: set[object] = {step.path for step in one.plan.change}
        paths |= {(step.database.path, step.owner) for step in one.plan.rows}
        paths |= {step.directory for step in one.plan.prepare if isinstance(step, LocalCertificate)}
        paths |= {step.path for step in one.plan.clean if isinstance(step, RemoveTree)}
        if not paths & taken:
            taken |= paths
            yield one
