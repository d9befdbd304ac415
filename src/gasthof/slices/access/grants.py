"""What a customer's users may do, and where: read from their roles."""

from collections.abc import Iterable, Mapping

from gasthof.kernel import registry
from gasthof.kernel.permissions import Actor, allowed, holds
from gasthof.slices.access.models import Assignment, Role, User

OWNER = "owner"  # the ready-made role that has all


def assignments_of(user: User) -> list[Assignment]:
    """All roles that the user has, in the order in which they were given."""
    rows = list(Assignment.objects.filter(user=user).select_related("role").order_by("pk"))
    for row in rows:
        row.user = user
    return rows


def permissions_of(row: Assignment | Role) -> frozenset[str]:
    """Those that owners have: a list from the past may name others, and a role that no slice knows any more has none."""
    standard = registry.standard_roles()
    role = row if isinstance(row, Role) else row.role
    if role is not None:
        return frozenset(role.permissions) & standard[OWNER]
    return standard.get(row.standard, frozenset()) if isinstance(row, Assignment) else frozenset()


def may_give(actor: Actor, permissions: Iterable[str], assignment: Assignment) -> bool:
    """Whether the actor has all of this there: nobody gives what they do not have."""
    return all(allowed(actor, permission, assignment.place, registry.grants()) for permission in permissions)


def is_over(actor: Actor, user: User) -> bool:
    """Whether the actor may do all that this user may: nobody lets themselves in as somebody who may do more."""
    if actor.role != "user":
        return True
    return user.kind == User.MEMBER and all(may_give(actor, permissions_of(row), row) for row in assignments_of(user))


def may_name(actor: Actor, permissions: Iterable[str]) -> bool:
    """Whether the actor has each of these somewhere, so that a role may name it."""
    return all(holds(actor, permission, registry.grants()) for permission in permissions)


def matrix(customer_roles: Iterable[Role]) -> Mapping[str, frozenset[str]]:
    """Role -> permissions, the ready-made ones first."""
    return {**registry.standard_roles(), **{role.name: permissions_of(role) for role in customer_roles}}
