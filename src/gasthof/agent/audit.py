"""The audit pass: every object and every fixture compared with the machine, a little at a time.

What is different is told as drift, in words, and set right. What nobody wanted is removed, under the guard.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from logging import getLogger
from time import monotonic

from gasthof.agent.apply import Applier, Planned
from gasthof.agent.journal import Id
from gasthof.agent.kinds import Kind

CHUNK = 40  # objects looked at before changes get their turn: some 20 ms
SLICE = 0.01  # seconds of looking around before changes get their turn

log = getLogger("gasthof.agent")


def audit(applier: Applier, knows_all: Callable[[], bool]) -> Iterator[int]:
    """Yields between portions, with the number of objects looked at so far.

    Strangers go only if the journal then knows all that is wanted; those of all kinds together, for the guard to judge.
    """
    count = 0
    kinds = sorted(applier.knowledge.kinds.values(), key=lambda kind: kind.rank)
    traces: dict[Id, tuple[str, ...]] = {}
    for kind in kinds:
        for _ in _look_around(applier, kind, traces):
            yield count
    if knows_all():
        _forsake(applier, strangers(applier, traces))
    for kind in kinds:
        ids = iter(applier.journal.wanted_ids(kind.name))
        while chunk := list(islice(ids, CHUNK)):
            count += _compare(applier, chunk, traces)
            yield count


def strangers(applier: Applier, traces: Mapping[Id, tuple[str, ...]]) -> dict[Id, tuple[str, ...]]:
    """What was found on the machine and is not in the journal, in whatever state."""
    known = {kind: applier.journal.keys(kind) for kind in applier.knowledge.kinds}
    return {(kind, key): trace for (kind, key), trace in traces.items() if key not in known[kind]}


def _forsake(applier: Applier, found: Mapping[Id, tuple[str, ...]]) -> None:
    if found:
        applier.strangers.update(found)
        applier.journal.forsake(found)


def _look_around(applier: Applier, kind: Kind, traces: dict[Id, tuple[str, ...]]) -> Iterator[None]:
    since = monotonic()
    try:
        for key, trace in kind.present(applier.machine.prefix):
            remember(traces, (kind.name, key), trace)
            if monotonic() - since > SLICE:
                yield
                since = monotonic()
    except Exception:  # what was found until then was found
        log.exception("could not look around for %s", kind.name)


def remember(traces: dict[Id, tuple[str, ...]], one: Id, trace: str) -> None:
    """The object is there, with or without a trace to follow."""
    traces[one] = (*traces.get(one, ()), *([trace] if trace else []))


def _compare(applier: Applier, ids: Iterable[Id], traces: dict[Id, tuple[str, ...]]) -> int:
    objects = [one for one in applier.journal.read(ids) if one.state == "live" and one.spec is not None]
    if not objects:
        return 0
    planned = applier.plans(objects, traces)
    wrong = [one for one in planned if one.error or not one.plan.empty]
    right = [one.desired for one in planned if not one.error and one.plan.empty]
    applier.measurer.measure(right)
    if drifted := [(one.desired, words(one)) for one in wrong if one.plan.notes]:
        applier.journal.note_drift(drifted)
    if wrong:
        applier.apply(wrong)
    return len(objects)


def words(planned: Planned) -> str:
    """What was found different, a line a path."""
    return "\n".join(f"{path}: {note}" for path, note in planned.plan.notes.items())
