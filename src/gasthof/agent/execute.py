"""Carries out plans, many at a time: the one place where the agent changes its machine.

All plans of a batch go through each phase together, so that a daemon is asked and told once. A plan that fails leaves the batch
with its reason; what it had swapped is put back. Between any two steps the agent may be killed: the same plans made anew from
fresh facts end in the same state.
"""

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from gasthof.agent.kinds import Machine
from gasthof.agent.sdk import beneath, certificate, place, tools
from gasthof.agent.sdk.ask import Away, Reply, Service, services, unique
from gasthof.agent.sdk.read import STAGED, beside
from gasthof.agent.sdk.steps import (
    Ask,
    Change,
    Clean,
    CustomerDirectory,
    CustomerFile,
    LocalAuthority,
    LocalCertificate,
    MakeDirectory,
    Plan,
    Reload,
    RemoveCustomerTree,
    RemoveTree,
    RunTool,
    ScratchTree,
    WriteFile,
)

SLICE = 0.2  # seconds that a batch may spend on removing customers' files; the rest comes with the next attempt
LONGEST_WORDS = 4000  # characters, as reports may carry

log = logging.getLogger("gasthof.agent")


@dataclass(frozen=True)
class Outcome:
    """How one plan ended."""

    live: bool
    words: str = ""  # why not, in the daemon's own words
    away: bool = False  # a daemon did not answer: nobody knows whether the plan is good
    unfinished: bool = False  # live so far, and there is more to remove
    queued: bool = False  # unfinished because others took all the time


@dataclass
class Run:
    """One plan on its way through the phases."""

    plan: Plan
    error: str | None = None
    away: bool = False
    unfinished: bool = False
    queued: bool = False
    staged: list[WriteFile] = field(default_factory=list)
    swapped: list[Change] = field(default_factory=list)
    touched: list[Path] = field(default_factory=list)  # root's own, to be made durable
    customers: list[CustomerDirectory | CustomerFile] = field(default_factory=list)  # made beneath a customer's folder

    def fail(self, error: Exception | str) -> None:
        if self.error is None:
            self.error = (str(error) or type(error).__name__)[:LONGEST_WORDS]
            self.away = isinstance(error, Away)

    def outcome(self) -> Outcome:
        return Outcome(self.error is None, self.error or "", self.away, self.unfinished, self.queued)


class Executor:
    """Knows how to do each step."""

    def __init__(self, machine: Machine, asked: Mapping[str, Service] | None = None) -> None:
        self.prefix = machine.prefix
        self.clock = machine.clock
        self.services = services(machine.prefix) if asked is None else asked
        self.authority: certificate.Authority | None = None
        self.preparers: Mapping[type, Callable[[Run, Any], None]] = {
            MakeDirectory: self._make_directory,
            ScratchTree: self._scratch,
            CustomerDirectory: self._customer_directory,
            CustomerFile: self._customer_file,
            LocalAuthority: self._local_authority,
            LocalCertificate: self._local_certificate,
            Ask: lambda run, step: self._ask([(run, step)]),
        }

    def carry_out(self, plans: Sequence[Plan]) -> list[Outcome]:
        """Outcomes in the order of the plans. Plans of one call must not touch the same paths."""
        runs = [Run(plan) for plan in plans]
        for _ in self.steps(runs):
            pass
        return [run.outcome() for run in runs]

    def steps(self, runs: Sequence[Run]) -> Iterator[str]:
        """Does everything; yields between any two steps, with the name of the one just done."""
        self.authority = None
        yield from self._each(
            runs, "prepare", lambda plan: plan.prepare, lambda run, step: self.preparers[type(step)](run, step)
        )
        yield from self._each(runs, "stage", _written, self._stage)
        yield from self._secure_replacements(runs)
        yield from self._check(runs)
        yield from self._each(runs, "swap", lambda plan: plan.change, self._swap)
        yield from self._after(runs)
        yield from self._put_back(runs)
        yield from self._keep(runs)
        yield from self._clean(runs)

    @staticmethod
    def _each(
        runs: Iterable[Run], phase: str, pick: Callable[[Plan], Sequence[Any]], act: Callable[[Run, Any], None]
    ) -> Iterator[str]:
        for run in _alive(runs):
            for step in pick(run.plan):
                try:
                    act(run, step)
                except Exception as error:
                    run.fail(error)
                yield f"{phase} {type(step).__name__}"
                if run.error is not None:
                    break

    def _make_directory(self, run: Run, step: MakeDirectory) -> None:
        place.make_directory(step)
        run.touched.append(step.path)

    def _scratch(self, _run: Run, step: ScratchTree) -> None:
        place.remove_tree(step.path)
        step.path.mkdir(0o700)
        for name, content in step.files.items():
            path = step.path / name
            path.parent.mkdir(0o700, parents=True, exist_ok=True)
            path.write_bytes(content)

    def _customer_directory(self, run: Run, step: CustomerDirectory) -> None:
        with _unless_hindered(step):
            beneath.make_directory(step.root, step.path, step.uid, step.mode)
            run.customers.append(step)

    def _customer_file(self, run: Run, step: CustomerFile) -> None:
        with _unless_hindered(step):
            if beneath.write_first(step.root, step.path, step.uid, step.content, step.mode):
                run.customers.append(step)

    def _local_authority(self, run: Run, step: LocalAuthority) -> None:
        key = certificate.load_key(certificate.content(step.key)) or certificate.new_key()
        pem = certificate.new_authority(key, self.clock.now(), secrets.token_hex(3))
        place.write(step.key, certificate.key_pem(key), 0o600, "root")
        place.write(step.certificate, pem, 0o644, "root")
        run.touched += [step.key, step.certificate]

    def _local_certificate(self, run: Run, step: LocalCertificate) -> None:
        """The key before its certificate; a key that is there stays, so that the two fit at every moment."""
        if self.authority is None:
            self.authority = certificate.load_authority(self.prefix.ca_key, self.prefix.ca_certificate)
        key_path, path = step.directory / certificate.KEY, step.directory / certificate.CERTIFICATE
        key = certificate.load_key(certificate.content(key_path)) or certificate.new_key()
        pem = certificate.give_out(self.authority, key, step.names, self.clock.now())
        place.write(key_path, certificate.key_pem(key), 0o640, step.group)
        place.write(path, pem, 0o640, step.group)
        run.touched += [key_path, path]

    @staticmethod
    def _stage(run: Run, step: WriteFile) -> None:
        run.staged.append(step)
        place.stage(step)

    def _secure_replacements(self, runs: Sequence[Run]) -> Iterator[str]:
        """What is served already is replaced by what would survive a power cut, not by an empty file."""
        paths = [Path(beside(s.path, STAGED)) for run in _alive(runs) for s in run.staged if s.path.exists()]
        if paths:
            replacing = [run for run in _alive(runs) if run.staged]
            _all_or_none(replacing, lambda: place.make_durable(paths, self.prefix.root))
            yield "secure"

    def _check(self, runs: Sequence[Run]) -> Iterator[str]:
        yield from self._each(runs, "check", _tools, lambda _run, step: tools.run(step.tool, step.arguments))
        asked = [(run, step) for run in _alive(runs) for step in run.plan.check if isinstance(step, Ask)]
        if asked:
            self._ask(asked)
            yield "check Ask"

    @staticmethod
    def _swap(run: Run, step: Change) -> None:
        run.swapped.append(step)
        run.touched.append(step.path)
        place.swap(step)

    def _after(self, runs: Sequence[Run]) -> Iterator[str]:
        yield from self._wake(list(_alive(runs)))
        asked = [(run, step) for run in _alive(runs) for step in run.plan.verify]
        if asked:
            self._ask(asked)
            yield "verify Ask"

    def _wake(self, runs: Sequence[Run]) -> Iterator[str]:
        wanted = unique(step.daemon for run in runs for step in run.plan.after if isinstance(step, Reload))
        for daemon in wanted:
            told = [run for run in runs if Reload(daemon) in run.plan.after]
            _all_or_none(told, partial(tools.reload, self.prefix, daemon))
            yield "after Reload"
        asked = [(run, step) for run in runs for step in run.plan.after if isinstance(step, Ask)]
        if asked:
            self._ask(asked)
            yield "after Ask"

    def _put_back(self, runs: Sequence[Run]) -> Iterator[str]:
        failed = [run for run in runs if run.error is not None]
        for run in failed:
            for step in {step.path: step for step in (*run.staged, *run.swapped)}.values():
                try:
                    place.put_back(step)
                except OSError:  # the open swap remembers it for the next attempt
                    log.exception("%s could not be put back", step.path)
                yield "put back"
        yield from self._wake([run for run in failed if run.swapped])

    def _keep(self, runs: Sequence[Run]) -> Iterator[str]:
        """First durable, then settled: a power cut in between leaves a swap that the next attempt closes."""
        wrote = [run for run in _alive(runs) if run.touched or run.customers]
        if wrote:
            _all_or_none(wrote, lambda: self._make_durable(wrote))
            yield "durable"
        yield from self._each(runs, "settle", lambda plan: plan.change, lambda _run, step: place.settle(step))

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
            self._ask([(run, step)])

    def _ask(self, asked: Sequence[tuple[Run, Ask]]) -> None:
        """Equal services and verbs in one go; a refusal, or an answer that is not the wanted one, fails its own plan."""
        groups: dict[tuple[str, str], list[tuple[Run, Ask]]] = {}
        for run, step in asked:
            groups.setdefault((step.service, step.verb), []).append((run, step))
        for (service, verb), members in groups.items():
            replies = self._replies(self.services[service], verb, unique(step.argument for _, step in members))
            for run, step in members:
                _judge(run, step, replies[step.argument])

    def _replies(self, service: Service, verb: str, arguments: Sequence[str]) -> Mapping[str, Reply | Exception]:
        try:
            found = service.ask(verb, arguments)
        except Away as error:
            return dict.fromkeys(arguments, error)
        except Exception as error:
            if len(arguments) == 1:
                return {arguments[0]: error}
            return {name: self._replies(service, verb, [name])[name] for name in arguments}
        return {name: found.get(name, Reply(error="no answer")) for name in arguments}


def _judge(run: Run, step: Ask, reply: Reply | Exception) -> None:
    if isinstance(reply, Exception):
        run.fail(reply)
    elif reply.error:
        run.fail(reply.error)
    elif step.expect is not None and reply.value != step.expect:
        serves = reply.value or "nothing"
        run.fail(f"{step.service} {step.verb} {step.argument}: serves {serves} instead of {step.expect or 'nothing'}")


@contextmanager
def _unless_hindered(step: CustomerDirectory | CustomerFile) -> Iterator[None]:
    """Customers may spoil their own folders; that must not keep the rest of the plan from them, a suspension, say.

    The first name below the root is the agent's own: while that is missing, nobody but the agent is to blame.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in beneath.HINDERED or not (step.root / step.path.split("/")[0]).is_dir():
            raise
        log.warning("%s is left as the customer has it: %s", step.root / step.path, error)


def _all_or_none(runs: Sequence[Run], act: Callable[[], None]) -> None:
    """What is done for several at once fails all of them, and nothing else."""
    try:
        act()
    except Exception as error:
        for run in runs:
            run.fail(error)


def _alive(runs: Iterable[Run]) -> Iterator[Run]:
    return (run for run in runs if run.error is None)


def _written(plan: Plan) -> list[WriteFile]:
    return [step for step in plan.change if isinstance(step, WriteFile)]


def _tools(plan: Plan) -> list[RunTool]:
    return [step for step in plan.check if isinstance(step, RunTool)]
