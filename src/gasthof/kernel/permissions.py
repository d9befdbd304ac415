"""Who may do what: the actor's scopes, a verb's permission, the object's place. What no role names is denied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["operator", "reseller", "owner", "user", "system", "anonymous"]
ROLES: tuple[Role, ...] = ("operator", "reseller", "owner", "user", "system", "anonymous")
EVERYWHERE: frozenset[Role] = frozenset({"operator", "system"})  # roles that are not bound to customers


@dataclass(frozen=True)
class Place:
    """Where an object stands, or where somebody may act. A part left None: of an object, it stands above that; of a scope, any."""

    customer: int | None = None
    reseller: int | None = None  # the customer who looks after that customer
    subscription: int | None = None
    domain: str | None = None  # A-labels
    mailbox: str | None = None  # address, the domain in A-labels

    def contains(self, other: "Place | None") -> bool:
        """Whether an object there lies within this scope. What is nobody's (None) lies within the whole house only."""
        if self == HOUSE:
            return True
        return other is not None and all(
            mine is None or mine == theirs for mine, theirs in zip(self.parts, other.parts, strict=True)
        )

    def overlaps(self, other: "Place") -> bool:
        """Whether something may lie in both scopes: no part that both name differs."""
        return all(
            None in (mine, theirs) or mine == theirs for mine, theirs in zip(self.parts, other.parts, strict=True)
        )

    @property
    def parts(self) -> tuple[int | str | None, ...]:
        return (self.customer, self.reseller, self.subscription, self.domain, self.mailbox)


HOUSE = Place()
FOR_SALE = Place(reseller=0)  # what resellers choose from: plans and nodes. There is no customer 0


@dataclass(frozen=True)
class Grant:
    """What a user of a customer may do, and where. The place names the customer at least."""

    permissions: frozenset[str]
    within: Place


@dataclass(frozen=True)
class Actor:
    """Who acts. `customer` is the customer's number for owner, reseller and user, else None."""

    role: Role
    customer: int | None = None
    language: str = "en"
    grants: tuple[Grant, ...] = ()  # of the role "user"
    name: str = ""  # how the audit trail calls them, as "user:12"
    behind: str = ""  # who acts in their place
    verbs: frozenset[str] | None = None  # a token's: no others
    within: tuple[Place, ...] = ()  # a token's: nowhere else

    def __str__(self) -> str:
        own = self.name or (f"customer:{self.customer}" if self.role == "owner" else self.role)
        return f"{self.behind} as {own}" if self.behind else own


SYSTEM = Actor("system")
ANONYMOUS = Actor("anonymous")

Grants = Mapping[str, frozenset[Role]]  # permission -> roles that have it


def scopes(actor: Actor, permission: str | None = None) -> tuple[Place, ...]:
    """Where the actor may act at all, or with that permission if their grants name places for it. A token's limits come on top."""
    if actor.role in EVERYWHERE:
        return (HOUSE,)
    if actor.customer is None:
        return ()
    if actor.role == "reseller":
        return (Place(customer=actor.customer), Place(reseller=actor.customer))
    if actor.role == "owner":
        return (Place(customer=actor.customer),)
    if actor.role == "user":
        return tuple(
            grant.within
            for grant in actor.grants
            if grant.within.customer == actor.customer and (permission is None or permission in grant.permissions)
        )
    return ()


def holds(actor: Actor, permission: str, grants: Grants) -> bool:
    """Whether the actor has the permission at all, on some object. A user has what the owner may have given."""
    role = "owner" if actor.role == "user" else actor.role
    return role in grants.get(permission, frozenset()) and scopes(actor, permission) != ()


def reaches(actor: Actor, place: Place | None, permission: str | None = None) -> bool:
    """Whether an object there (None: nobody's) may be known to the actor."""
    if place == FOR_SALE:
        return actor.role in EVERYWHERE or (actor.role == "reseller" and actor.customer is not None)
    limits = actor.within or (HOUSE,)
    return any(scope.contains(place) for scope in scopes(actor, permission)) and any(
        limit.contains(place) for limit in limits
    )


def allowed(actor: Actor, permission: str, place: Place | None, grants: Grants) -> bool:
    """Whether the actor may do this to an object there. What is for sale is everybody's: a limited token changes none of it."""
    if place == FOR_SALE and actor.within and HOUSE not in actor.within:
        return False
    return holds(actor, permission, grants) and reaches(actor, place, permission)


def may_perform(actor: Actor, verb: str) -> bool:
    """Whether the token that the actor came with, if any, is good for that verb."""
    return actor.verbs is None or verb in actor.verbs
