"""`plan`: everything that the journal knows, compared with the machine, as text. Nothing is changed or asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from gasthof.agent import diff
from gasthof.agent.audit import remember, strangers
from gasthof.agent.journal import Desired, Id
from gasthof.agent.kinds import Fixture, Kind
from gasthof.agent.loop import Agent
from gasthof.agent.wire import LONGEST_PART, MOST_PARTS, PreviewPart

CHUNK = 250
CUT = "\n… (cut here)"


@dataclass(frozen=True)
class Difference:
    """What would be changed of one object, or of what the node always has."""

    title: str  # "web.site xn--...", or a fixture's name
    lines: tuple[str, ...]


def preview(agent: Agent) -> Iterator[str]:
    """Lines; one of them only, when there is nothing to change."""
    same = True
    for found in differences(agent):
        same = False
        yield f"# {found.title}"
        yield from found.lines
    if same:
        yield "nothing to change"


def parts(agent: Agent) -> Iterator[PreviewPart]:
    """For the control plane, cut to what it takes. One more than that says that there are more."""
    for found in islice(differences(agent), MOST_PARTS + 1):
        text = "\n".join(found.lines)
        cut = text if len(text) <= LONGEST_PART else text[: LONGEST_PART - len(CUT)] + CUT
        yield PreviewPart(found.title[:400], cut)


def differences(agent: Agent) -> Iterator[Difference]:
    # Those that come last wait for all else: they are no difference, but what follows when there is none.
    for fixture in (one for one in agent.knowledge.fixtures if not one.last):
        yield from _found(fixture.name, _fixture(agent, fixture))
    for kind in sorted(agent.knowledge.kinds.values(), key=lambda kind: kind.rank):
        yield from _kind(agent, kind)


def _fixture(agent: Agent, fixture: Fixture) -> list[str]:
    try:
        return list(diff.lines(fixture.plan(agent.machine.prefix, fixture.gather(agent.machine))))
    except Exception as error:
        return [f"! {error}"]


def _kind(agent: Agent, kind: Kind) -> Iterator[Difference]:
    traces: dict[Id, tuple[str, ...]] = {}
    for key, trace in kind.present(agent.machine.prefix):
        remember(traces, (kind.name, key), trace)
    found = strangers(agent.applier, traces) if agent.knows_all() else ()
    ids = iter(sorted((kind.name, key) for key in agent.journal.keys(kind.name)))
    while objects := agent.journal.read(islice(ids, CHUNK)):
        yield from _objects(agent, objects, traces)
    if found:
        yield from _objects(agent, [Desired(*one, 0, 0, None, "", "pending", ()) for one in found], traces)


def _objects(agent: Agent, objects: list[Desired], traces: dict[Id, tuple[str, ...]]) -> Iterator[Difference]:
    for one in agent.applier.plans(objects, traces):
        found = [f"! {one.error}"] if one.error else list(diff.lines(one.plan))
        yield from _found(f"{one.desired.kind} {one.desired.key}", found)


def _found(title: str, lines: list[str]) -> Iterator[Difference]:
    if lines:
        yield Difference(title, tuple(lines))
