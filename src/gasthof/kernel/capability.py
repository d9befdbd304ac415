"""The sign on a slice's door: which permissions its verbs ask for, and what it does when others' objects change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gasthof.kernel.call import Call
from gasthof.kernel.permissions import Role

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
