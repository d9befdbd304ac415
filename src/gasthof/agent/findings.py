"""What the control plane should know of live objects: measured after they came to life, and in each audit pass.

It never harms an object: what cannot be measured is logged, and what was known stays.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from re import compile as pattern
from time import monotonic
from typing import Any

import msgspec

from gasthof.agent.journal import Desired, Id, Journal
from gasthof.agent.kinds import Findings, Kind, Knowledge, Machine
from gasthof.agent.outbox import plain
from gasthof.agent.wire import Finding

AGAIN = (2.0, 15.0, 120.0)  # seconds until what could not be told yet is asked for again; then the audit pass does
CHUNK = 20  # objects measured before changes get their turn
MOST_VALUES, MOST_CHARACTERS = 64, 16_000  # of one object; characters as JSON
LARGEST = 10**16 - 1
NAME = pattern(r"[a-z][a-z0-9_.-]{0,39}")

log = logging.getLogger("gasthof.agent")


class Measurer:
    """`due`: what came to life and was not measured yet. `later`: what could not be told at once, and when it is asked for again.
    In memory only: an audit pass, as at the start, measures all."""

    def __init__(self, machine: Machine, knowledge: Knowledge, journal: Journal) -> None:
        self.machine, self.knowledge, self.journal = machine, knowledge, journal
        self.due: dict[Id, None] = {}
        self.later: dict[Id, tuple[int, float]] = {}  # how often it was asked for, and when it is again

    def expect(self, objects: Iterable[Desired]) -> None:
        """These are live now."""
        self.due |= {one.id: None for one in objects if one.spec is not None and self._measured(one.kind)}

    @property
    def asks_at(self) -> float:
        """By the monotonic clock."""
        return min((at for _, at in self.later.values()), default=float("inf"))

    def ask_again(self) -> None:
        """What was not known the last time, where that is long enough ago."""
        self.due |= {one: None for one, (_, at) in self.later.items() if at <= monotonic()}

    def portion(self) -> None:
        """The next few of what is due, of one kind."""
        kind = next((kind for kind, _ in self.due), "")
        chunk = list(islice((one for one in self.due if one[0] == kind), CHUNK))
        for one in chunk:
            del self.due[one]
        live = [one for one in self.journal.read(chunk) if one.state == "live" and one.spec is not None]
        known, times = self.measure(live), {each: self.later.pop(each, (0, 0.0))[0] for each in chunk}
        for each in (found.id for found in live if found.key not in known):  # as files are counted in the background
            if times[each] < len(AGAIN):
                self.later[each] = times[each] + 1, monotonic() + AGAIN[times[each]]

    def measure(self, objects: Sequence[Desired]) -> set[str]:
        """Live objects of one kind; what is news goes into the journal. Keys of which something could be told."""
        kind = self._measured(objects[0].kind) if objects else None
        if not kind:
            return set()
        specs = {one.key: msgspec.json.decode(one.spec or "", type=kind.spec) for one in objects}
        found = self._found(kind, specs)
        known = ((one, _shaped(one, found[one.key])) for one in objects if one.key in found)
        self.journal.note_findings(
            [Finding(one.kind, one.key, one.revision, values) for one, values in known if values is not None]
        )
        return set(found)

    def _measured(self, kind: str) -> Kind | None:
        known = self.knowledge.kinds.get(kind)
        return known if known and known.findings else None

    def _found(self, kind: Kind, specs: Mapping[str, Any]) -> Mapping[str, Findings]:
        if not kind.findings:
            return {}
        try:
            return dict(kind.findings(self.machine, specs))
        except Exception:
            if len(specs) == 1:
                log.exception("%s %s cannot be measured", kind.name, *specs)
                return {}
        found: dict[str, Findings] = {}
        for key, spec in specs.items():
            found |= self._found(kind, {key: spec})
        return found


def _shaped(one: Desired, values: Findings) -> dict[str, list[str] | int] | None:
    """As the control plane takes them; None for what it would refuse, and all else of a message with it."""
    try:
        shaped = {name: _value(name, value) for name, value in values.items()}
        count = sum(max(len(value), 1) if isinstance(value, list) else 1 for value in shaped.values())
        if count > MOST_VALUES or len(msgspec.json.encode(shaped).decode()) > MOST_CHARACTERS:
            raise ValueError(f"too much: {count} values")
    except (AttributeError, TypeError, ValueError) as error:
        log.error("%s %s: findings of a wrong shape: %s", *one.id, error)
        return None
    return shaped


def _value(name: str, value: object) -> list[str] | int:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"name {name!r}")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST:
        return int(value)
    if isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        return [plain(text) for text in value]
    raise ValueError(f"{name}: neither texts nor a number from 0 to {LARGEST}")
