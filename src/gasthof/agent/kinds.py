"""What a slice teaches the agent: one Kind for each kind of object that intent holds, one Fixture for what the node always has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gasthof.agent.sdk.steps import Plan
from gasthof.prefix import Prefix


@dataclass(frozen=True)
class Kind:
    name: str  # "web.site"
    spec: type[Any]
    version: int
    rank: int  # applied in this order, removed in the opposite one
    gather: Callable[[Prefix, Mapping[str, Any]], Mapping[str, Any]]  # key -> spec or None; reads the machine: key -> facts
    plan: Callable[[Prefix, str, Any, Any], Plan]  # prefix, key, spec or None, facts; pure
    present: Callable[[Prefix], set[str]]  # keys that the machine holds, wanted or not


@dataclass(frozen=True)
class Fixture:
    """Planned at the agent's start and in each audit pass, without intent: a daemon's own configuration, say."""

    name: str
    gather: Callable[[Prefix], Any]
    plan: Callable[[Prefix, Any], Plan]
