"""Carries out plans, many at a time: the one place where the agent changes its machine.

All plans of a batch go through each phase together, so that a daemon is asked and told once. A plan that fails leaves the batch
with its reason; what it had swapped is put back. Between any two steps the agent may be killed: the same plans made anew from
fresh facts end in the same state.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from gasthof.agent.asking import Asker
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.prepare import Preparer
from gasthof.agent.rows import LookUps
from gasthof.agent.run import Outcome, Run, alive, all_or_none
from gasthof.agent.sdk import beneath, place, tools
from gasthof.agent.sdk.ask import Service, unique
from gasthof.agent.sdk.read import STAGED, beside
from gasthof.agent.sdk.steps import (
    Ask,
    Change,
    Clean,
    Plan,
    Prepare,
    Reload,
    RemoveCustomerTree,
    RemoveTree,
    RunTool,
    WriteFile,
)

SLICE = 0.2  # seconds that a batch may spend on removing customers' files; the rest comes with the next attempt

log = logging.getLogger("gasthof.agent")


class Executor:
    """Knows how to do each step. `asked` stands in for services of the same names."""

    def __init__(self, machine: Machine, knowledge: Knowledge, asked: Mapping[str, Service] | None = None) -> None:
        self.prefix = machine.prefix
        self.tools, self.reloads = knowledge.tools, knowledge.reloads
        services = {name: make(machine.prefix) for name, make in knowledge.services.items()}
        self.asker = Asker(services | dict(asked or {}))
        self.lookups = LookUps()
        self.preparer = Preparer(machine, self.lookups)

    def close(self) -> None:
        """Let go of what it keeps open; it may be used again."""
        self.lookups.close()

    def carry_out(self, plans: Sequence[Plan]) -> list[Outcome]:
        """Outcomes in the order of the plans. Plans of one call must not touch the same paths."""
        runs = [Run(plan) for plan in plans]
        for _ in self.steps(runs):
            pass
        return [run.outcome() for run in runs]

    def steps(self, runs: Sequence[Run]) -> Iterator[str]:
        """Does everything; yields between any two steps, with the name of the one just done."""
        self.preparer.forget()
        yield from self._each(runs, "prepare", lambda plan: plan.prepare, self._prepare)
        yield from self._each(runs, "stage", _written, self._stage)
        yield from self._secure_replacements(runs)
        yield from self._check(runs)
        yield from self._each(runs, "swap", lambda plan: plan.change, self._swap)
        yield from self.lookups.write(runs)
        yield from self._after(runs)
        yield from self._put_back(runs)
        yield from self._keep(runs)
        yield from self._clean(runs)

    @staticmethod
    def _each(
        runs: Iterable[Run], phase: str, pick: Callable[[Plan], Sequence[Any]], act: Callable[[Run, Any], None]
    ) -> Iterator[str]:
        for run in alive(runs):
            for step in pick(run.plan):
                try:
                    act(run, step)
                except Exception as error:
                    run.fail(error)
                yield f"{phase} {type(step).__name__}"
                if run.ended:
                    break

    def _prepare(self, run: Run, step: Prepare) -> None:
        if isinstance(step, Ask):
            self.asker.ask([(run, step)])
        else:
            self.preparer(run, step)

    @staticmethod
    def _stage(run: Run, step: WriteFile) -> None:
        run.staged.append(step)
        place.stage(step)

    def _secure_replacements(self, runs: Sequence[Run]) -> Iterator[str]:
        """What is served already is replaced by what would survive a power cut, not by an empty file."""
        paths = [Path(beside(s.path, STAGED)) for run in alive(runs) for s in run.staged if s.path.exists()]
        if paths:
            replacing = [run for run in alive(runs) if run.staged]
            all_or_none(replacing, lambda: place.make_durable(paths, self.prefix.root))
            yield "secure"

    def _check(self, runs: Sequence[Run]) -> Iterator[str]:
        yield from self._each(
            runs, "check", _tools, lambda _run, step: tools.run(self.tools[step.tool], step.arguments)
        )
        asked = [(run, step) for run in alive(runs) for step in run.plan.check if isinstance(step, Ask)]
        if asked:
            self.asker.ask(asked)
            yield "check Ask"

    @staticmethod
    def _swap(run: Run, step: Change) -> None:
        run.swapped.append(step)
        run.touched.append(step.path)
        place.swap(step)

    def _after(self, runs: Sequence[Run]) -> Iterator[str]:
        yield from self._wake(list(alive(runs)))
        asked = [(run, step) for run in alive(runs) for step in run.plan.verify]
        if asked:
            self.asker.ask(asked)
            yield "verify Ask"

    def _wake(self, runs: Sequence[Run]) -> Iterator[str]:
        wanted = unique(step.daemon for run in runs for step in run.plan.after if isinstance(step, Reload))
        for daemon in wanted:
            told = [run for run in runs if Reload(daemon) in run.plan.after]
            all_or_none(told, partial(self._reload, daemon))
            yield "after Reload"
        asked = [(run, step) for run in runs for step in run.plan.after if isinstance(step, Ask)]
        if asked:
            self.asker.ask(asked)
            yield "after Ask"

    def _reload(self, daemon: str) -> None:
        tools.reload(self.prefix, self.reloads[daemon])

    def _put_back(self, runs: Sequence[Run]) -> Iterator[str]:
        failed = [run for run in runs if run.error is not None]
        for run in failed:
            for step in {step.path: step for step in (*run.staged, *run.swapped)}.values():
                try:
                    place.put_back(step)
                except OSError:  # the open swap remembers it for the next attempt
                    log.exception("%s could not be put back", step.path)
                yield "put back"
        yield from self._put_back_rows([run for run in failed if run.rows])
        yield from self._wake([run for run in failed if run.swapped or run.rows])

    def _put_back_rows(self, runs: Sequence[Run]) -> Iterator[str]:
        try:
            yield from self.lookups.put_back(runs)
        except Exception:  # the open change remembers them for the next attempt
            log.exception("rows could not be put back")

    def _keep(self, runs: Sequence[Run]) -> Iterator[str]:
        """First durable, then settled: a power cut in between leaves a swap that the next attempt closes."""
        wrote = [run for run in alive(runs) if run.touched or run.customers]
        if wrote:
            all_or_none(wrote, lambda: self._make_durable(wrote))
            yield "durable"
        yield from self._each(runs, "settle", lambda plan: plan.change, lambda _run, step: place.settle(step))
        yield from self.lookups.settle(runs)

    def _make_durable(self, runs: Sequence[Run]) -> None:
        touched = [path for run in runs for path in run.touched]
        made = [step for run in runs for step in run.customers]
        if len(touched) + len(made) > place.FEW:
            place.sync_all(self.prefix.root)
            return
        place.make_durable(touched, self.prefix.root)
        for step in made:
            beneath.make_durable(step.root, step.path, step.uid)

    def _clean(self, runs: Sequence[Run]) -> Iterator[str]:
        until = monotonic() + SLICE
        yield from self._each(
            runs, "clean", lambda plan: plan.clean, lambda run, step: self._clean_one(run, step, until)
        )

    def _clean_one(self, run: Run, step: Clean, until: float) -> None:
        if run.unfinished:
            return
        if isinstance(step, RemoveTree):
            place.remove_tree(step.path)
        elif isinstance(step, RemoveCustomerTree):
            left = until - monotonic()
            run.queued = left <= 0
            run.unfinished = run.queued or not beneath.remove(step.root, step.path, step.uid, left)
        else:
            self.asker.ask([(run, step)])


def _written(plan: Plan) -> list[WriteFile]:
    return [step for step in plan.change if isinstance(step, WriteFile)]


def _tools(plan: Plan) -> list[RunTool]:
    return [step for step in plan.check if isinstance(step, RunTool)]
