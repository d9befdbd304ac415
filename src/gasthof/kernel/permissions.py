"""Who may do what: actor, verb's permission, object's owner. What no role names is denied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["operator", "owner", "system", "anonymous"]
ROLES: tuple[Role, ...] = ("operator", "owner", "system", "anonymous")
EVERYWHERE: frozenset[Role] = frozenset({"operator", "system"})  # roles that are not bound to a customer's own objects


@dataclass(frozen=True)
class Actor:
    """Who acts. `customer` is the customer's number for the role "owner", else None."""

    role: Role
    customer: int | None = None
    language: str = "en"

    def __str__(self) -> str:
        return f"customer:{self.customer}" if self.role == "owner" else self.role


SYSTEM = Actor("system")
ANONYMOUS = Actor("anonymous")

Grants = Mapping[str, frozenset[Role]]  # permission -> roles that have it


def holds(actor: Actor, permission: str, grants: Grants) -> bool:
    """Whether the actor's role has the permission at all, on some object."""
    return actor.role in grants.get(permission, frozenset()) and (actor.role != "owner" or actor.customer is not None)


def reaches(actor: Actor, owner: int | None) -> bool:
    """Whether an object of this customer (None: of nobody) may be known to the actor."""
    return actor.role in EVERYWHERE or (actor.role == "owner" and owner is not None and owner == actor.customer)


def allowed(actor: Actor, permission: str, owner: int | None, grants: Grants) -> bool:
    """Whether the actor may do this to an object of that customer."""
    return holds(actor, permission, grants) and reaches(actor, owner)
