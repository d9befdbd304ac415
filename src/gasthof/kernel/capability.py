"""The sign on a slice's door: which permissions its verbs ask for, and what it does when others' objects change."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gasthof.kernel.call import Awaited, Call
from gasthof.kernel.permissions import Role


@dataclass(frozen=True)
class Waited:
    """What became of a change: its state on the node ("live", "failed", "drift", "pending") and the node's words."""

    kind: str
    key: str
    state: str
    words: str = ""


Hook = Callable[[Call, Any], None]  # the call and the object it is about
OPERATORS: frozenset[Role] = frozenset({"operator", "system"})
OWNERS: frozenset[Role] = OPERATORS | {"owner"}


@dataclass(frozen=True)
class Capability:
    """A hook left None means that the slice has nothing to do there. The object is a model's row, before it is gone."""

    name: str
    permissions: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    subscription_created: Hook | None = None
    subscription_suspended: Hook | None = None
    subscription_resumed: Hook | None = None
    subscription_removed: Hook | None = None
    domain_added: Hook | None = None
    domain_removed: Hook | None = None
    domain_moved: Hook | None = None  # some machine of the house has another name or other addresses than before
    dns_records: Callable[[Any], Iterable[Any]] | None = (
        None  # a domain -> what its zone should hold (dns.spec.RecordSpec)
    )
    usage: Callable[[Any], Mapping[str, int]] | None = None  # a subscription -> bytes by kind, as last measured
    health: Callable[[Any], Iterable[str]] | None = None  # a subscription -> what is wrong with its share, in words
    export: Callable[[Any], Any] | None = None  # a subscription -> its share's settings, as JSON, hashes included
    restore: Callable[[Call, Any, Any], Any] | None = (
        None  # makes that share anew from what `export` gave; JSON for `load`
    )
    claimed: Callable[[str], Iterable[str]] | None = (
        None  # a host name -> customers' names that are it or lie below it, held until the transaction ends
    )
    is_customer: Callable[[int], bool] | None = None  # whether there is a customer of that number
    wait: Callable[[Awaited, float], Waited] | None = None  # for at most so many seconds
