"""What a slice teaches the agent: one Kind for each kind of object that intent holds, one Fixture for what the node always has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gasthof.agent.sdk.ask import Service
from gasthof.agent.sdk.steps import Plan
from gasthof.agent.sdk.tools import Reloadable
from gasthof.kernel.clock import WallClock
from gasthof.prefix import Prefix

Findings = Mapping[str, list[str] | int]  # what the control plane should know of a live object; "bytes": its disk use


@dataclass(frozen=True)
class Machine:
    """What a gatherer may look at: this node's places, and the time."""

    prefix: Prefix
    clock: WallClock


@dataclass(frozen=True)
class Wanted:
    """One object as a gatherer sees it. All specs are decoded, of the kind's own type."""

    spec: Any | None  # what should be; None: the object is to go
    before: tuple[Any, ...] = ()  # what the machine may still show: the spec applied last, and those begun since
    around: tuple[Any, ...] = ()  # with spec None: the wanted specs of this kind in the same scope
    trace: tuple[str, ...] = ()  # what `present` found under this key, in audits
    ordered: bool = True  # False: nobody ordered its removal, it is only not wanted; customers' files stay


@dataclass(frozen=True)
class Kind:
    """How one kind of object is read and planned. Only `gather` and `present` touch the machine, and they only read."""

    name: str  # "web.site"
    spec: type[Any]
    version: int
    rank: int  # applied in this order, removed in the opposite one
    scope: Callable[[Any], str]  # a spec's subscription: what is lower in rank there comes first
    gather: Callable[[Machine, Mapping[str, Wanted]], Mapping[str, Any]]  # key -> facts
    plan: Callable[[Prefix, str, Any, Any], Plan]  # prefix, key, spec or None, facts; pure
    present: Callable[
        [Prefix], Iterable[tuple[str, str]]
    ]  # (key, trace) of all that the machine holds, wanted or not; lazy
    findings: Callable[[Machine, Mapping[str, Any]], Mapping[str, Findings]] | None = (
        None  # specs of live objects by key
    )


@dataclass(frozen=True)
class Fixture:
    """Planned at the agent's start and in each audit pass, without intent: a daemon's own configuration, say."""

    name: str
    gather: Callable[[Machine], Any]
    plan: Callable[[Prefix, Any], Plan]
    last: bool = False  # planned only while all objects are as they should be: says that look-ups are full, say


@dataclass(frozen=True)
class Knowledge:
    """All that the installed slices taught this agent."""

    kinds: Mapping[str, Kind]
    fixtures: tuple[Fixture, ...] = ()
    offers: Mapping[str, Callable[[Prefix], list[str]]] = field(
        default_factory=dict
    )  # for the control plane: "php" -> versions
    services: Mapping[str, Callable[[Prefix], Service]] = field(default_factory=dict)  # whom an Ask may ask
    tools: Mapping[str, str] = field(default_factory=dict)  # what a RunTool may run: name -> absolute path
    reloads: Mapping[str, Reloadable] = field(default_factory=dict)  # what a Reload may reload

    def scope_of(self, kind: str, spec: str) -> str:
        """The subscription that a spec's JSON belongs to; "" where this agent cannot tell."""
        try:
            known = self.kinds[kind]
            return known.scope(msgspec.json.decode(spec, type=known.spec))
        except (KeyError, msgspec.DecodeError):
            return ""
