"""What a customer's users may do, and where: read from their roles."""

from collections.abc import Iterable, Mapping

from gasthof.kernel import registry
from gasthof.kernel.permissions import Actor, Grant, allowed, holds
from gasthof.slices.access.models import Assignment, Role, User

OWNER = "owner"  # the ready-made role that has all


def grants_of(user: User) -> tuple[Grant, ...]:
    """Of all roles that the user has. A role that no slice knows any more has no permissions."""
    rows = Assignment.objects.filter(user=user).select_related("role").order_by("pk")
    for row in rows:
        row.user = user
    return tuple(Grant(permissions_of(row), row.place) for row in rows)


def permissions_of(row: Assignment | Role) -> frozenset[str]:
    """Those that owners have: a list from the past may name others."""
    role = row if isinstance(row, Role) else row.role
    named = frozenset(role.permissions) if role else registry.standard_roles().get(row.standard, frozenset())
    return named & registry.standard_roles()[OWNER]


def may_give(actor: Actor, permissions: Iterable[str], assignment: Assignment) -> bool:
    """Whether the actor has all of this there: nobody gives what they do not have."""
    return all(allowed(actor, permission, assignment.place, registry.grants()) for permission in permissions)


def may_name(actor: Actor, permissions: Iterable[str]) -> bool:
    """Whether the actor has each of these somewhere, so that a role may name it."""
    return all(holds(actor, permission, registry.grants()) for permission in permissions)


def matrix(customer_roles: Iterable[Role]) -> Mapping[str, frozenset[str]]:
    """Role -> permissions, the ready-made ones first."""
    return {**registry.standard_roles(), **{role.name: permissions_of(role) for role in customer_roles}}
