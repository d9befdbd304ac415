"""`plan`: everything that the journal knows, compared with the machine, as text. Nothing is changed or asked for."""

from collections.abc import Iterator
from itertools import islice

from gasthof.agent import diff
from gasthof.agent.audit import remember, strangers
from gasthof.agent.journal import Desired, Id
from gasthof.agent.kinds import Fixture, Kind
from gasthof.agent.loop import Agent

CHUNK = 250


def preview(agent: Agent) -> Iterator[str]:
    """Lines; one of them only, when there is nothing to change."""
    count = 0
    for line in _all(agent):
        count += 1
        yield line
    if not count:
        yield "nothing to change"


def _all(agent: Agent) -> Iterator[str]:
    # Those that come last wait for all else: they are no difference, but what follows when there is none.
    for fixture in (one for one in agent.knowledge.fixtures if not one.last):
        yield from _headed(fixture.name, _fixture(agent, fixture))
    for kind in sorted(agent.knowledge.kinds.values(), key=lambda kind: kind.rank):
        yield from _kind(agent, kind)


def _fixture(agent: Agent, fixture: Fixture) -> list[str]:
    try:
        return list(diff.lines(fixture.plan(agent.machine.prefix, fixture.gather(agent.machine))))
    except Exception as error:
        return [f"! {error}"]


def _kind(agent: Agent, kind: Kind) -> Iterator[str]:
    traces: dict[Id, tuple[str, ...]] = {}
    for key, trace in kind.present(agent.machine.prefix):
        remember(traces, (kind.name, key), trace)
    found = strangers(agent.applier, traces) if agent.knows_all() else ()
    ids = iter(sorted((kind.name, key) for key in agent.journal.keys(kind.name)))
    while objects := agent.journal.read(islice(ids, CHUNK)):
        yield from _objects(agent, objects, traces)
    if found:
        yield from _objects(agent, [Desired(*one, 0, 0, None, "", "pending", ()) for one in found], traces)


def _objects(agent: Agent, objects: list[Desired], traces: dict[Id, tuple[str, ...]]) -> Iterator[str]:
    for one in agent.applier.plans(objects, traces):
        found = [f"! {one.error}"] if one.error else list(diff.lines(one.plan))
        yield from _headed(f"{one.desired.kind} {one.desired.key}", found)


def _headed(title: str, found: list[str]) -> Iterator[str]:
    if found:
        yield f"# {title}"
        yield from found
