"""Carrying contents out and in, as the agent sees it: it asks the program that does it until that is done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from gasthof.agent.kinds import Findings, Machine, Wanted
from gasthof.agent.outbox import plain
from gasthof.agent.sdk.steps import Ask, Plan
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.node.places import EXPORT, LOAD, SUMMARY, export, exports
from gasthof.slices.subscriptions.spec import TransferSpec

SERVICE = "transfers"
MOST_LINES, LONGEST_LINE = 40, 1000
MOST_CHARACTERS = 12_000  # of all lines as JSON; the agent sends no more than 16,000 of one object (agent/findings.py)


class Summary(msgspec.Struct):
    """An export's summary.json."""

    bytes: int
    left_out: list[str]


@dataclass(frozen=True)
class TransferFacts:
    ordered: bool  # that it goes


def gather(_machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, TransferFacts]:
    return {key: TransferFacts(found.ordered) for key, found in wanted.items()}


def plan(prefix: Prefix, key: str, spec: TransferSpec | None, facts: TransferFacts) -> Plan:
    """ValueError for a spec that does not fit its key. An export that nobody ordered to go stays: it holds customers' files."""
    if spec is None:
        ordered = facts.ordered and (EXPORT.fullmatch(key) or LOAD.fullmatch(key))
        return Plan(after=(Ask(SERVICE, "forget", key),)) if ordered else Plan()
    fitting = spec.export if spec.direction == "save" else f"{spec.export}/{spec.subscription}"
    if key != fitting or spec.uid < prefix.uid_base:
        raise ValueError(f"{key}: told of {fitting} with uid {spec.uid}")
    argument = msgspec.json.encode(spec, order="deterministic").decode()
    return Plan(after=(Ask(SERVICE, spec.direction, argument),))


def present(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """The exports on this machine."""
    if exports(prefix).is_dir():
        yield from ((path.name, "") for path in exports(prefix).iterdir() if EXPORT.fullmatch(path.name))


def findings(machine: Machine, specs: Mapping[str, Any]) -> dict[str, Findings]:
    """Of what was saved: its size, and what had to be left out, as much as a report takes."""
    found: dict[str, Findings] = {}
    for key, spec in specs.items():
        path = export(machine.prefix, spec.export) / SUMMARY
        if spec.direction == "save" and path.is_file():
            summary = msgspec.json.decode(path.read_bytes(), type=Summary)
            found[key] = {"bytes": summary.bytes, "left_out": _first(summary.left_out)}
    return found


def _first(lines: list[str]) -> list[str]:
    """As many lines as there is room for: what is too much would be dropped as a whole, and the export look complete."""
    shown: list[str] = []
    room = MOST_CHARACTERS
    for line in lines[:MOST_LINES]:
        told = plain(line)[:LONGEST_LINE]
        room -= len(msgspec.json.encode(told).decode()) + 1
        if room < 0:
            break
        shown.append(told)
    more = len(lines) - len(shown)
    return [*shown, f"and {more} more"] if more > 0 else shown
