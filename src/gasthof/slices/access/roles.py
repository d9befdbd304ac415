"""What can be done with roles: name sets of permissions, give them to a customer's users, take them back."""

from typing import Annotated, Any

from django.db.models import Q

from gasthof.kernel import registry
from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import Actor, reaches
from gasthof.kernel.refusal import Refused
from gasthof.slices.access import rules
from gasthof.slices.access.grants import OWNER, may_give, may_name, permissions_of
from gasthof.slices.access.models import Assignment, Role, User
from gasthof.slices.access.queries import UserRef
from gasthof.slices.access.values import Permissions, RoleName
from gasthof.slices.accounts.queries import CustomerRef, is_number
from gasthof.slices.domains.queries import Domain, DomainRef
from gasthof.slices.mail.queries import Mailbox, MailboxRef
from gasthof.slices.subscriptions.queries import Subscription, SubscriptionRef


def find_role(actor: Actor, text: str) -> Role | None:
    """By number. Locked for a change."""
    found = (
        Role.objects.select_for_update(of=("self",)).select_related("customer").filter(pk=int(text)).first()
        if is_number(text)
        else None
    )
    return found if found and reaches(actor, found.customer.place) else None


def find_assignment(actor: Actor, text: str) -> Assignment | None:
    """By number. Locked for a change."""
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("user__customer", "role")
    found = rows.filter(pk=int(text)).first() if is_number(text) else None
    return found if found and reaches(actor, found.user.place) else None


_ROLE = Reference("role", find_role, lambda role: role.customer.place, "number of the role")
RoleRef = Annotated[Role, _ROLE]
_ASSIGNMENT = Reference("assignment", find_assignment, lambda row: row.user.place, "number of the assignment")
AssignmentRef = Annotated[Assignment, _ASSIGNMENT]


@action("access.create_role", permission="access.members", on="customer")
def create_role(
    call: Call,
    *,
    customer: CustomerRef,
    name: Annotated[RoleName, "name of the role"],
    permissions: Annotated[Permissions, "what the role may do, such as web.read, web.write"],
) -> Result:
    """Name a set of permissions that a customer's users can be given."""
    if Role.objects.filter(customer=customer).count() >= rules.MOST_ROLES:
        raise Refused("No more than %(most)d roles of one’s own are possible.", most=rules.MOST_ROLES)
    _check_name(customer.number, str(name))
    _check_names(call.actor, permissions)
    return shown(Role.objects.create(customer=customer, name=str(name), permissions=list(permissions)))


@action("access.change_role", permission="access.members", on="role")
def change_role(
    call: Call,
    *,
    role: RoleRef,
    name: Annotated[RoleName, "name of the role"],
    permissions: Annotated[Permissions, "what the role may do, such as web.read, web.write"],
) -> Result:
    """Change a role for everybody who has it."""
    _check_name(role.customer_id, str(name), role)
    _check_names(call.actor, [*permissions, *permissions_of(role)])
    role.name, role.permissions = str(name), list(permissions)
    role.save(update_fields=["name", "permissions"])
    return shown(role)


@action("access.remove_role", permission="access.members", on="role")
def remove_role(call: Call, *, role: RoleRef) -> Result:
    """Remove a role that nobody has."""
    if role.assignments.exists():
        raise Refused("This role is given to somebody. Take it back first.").at("role")
    told = shown(role)
    role.delete()
    return told


@action("access.assign", permission="access.members", on="user")
def assign(
    call: Call,
    *,
    user: UserRef,
    role: Annotated[RoleName, "name of the role: a ready-made one, or one of the customer’s own"],
    subscription: Annotated[SubscriptionRef | None, "only in this subscription"] = None,
    domain: Annotated[DomainRef | None, "only with this domain"] = None,
    mailbox: Annotated[MailboxRef | None, "only with this mailbox"] = None,
) -> Result:
    """Give a user a role: with all that the customer has, or with one subscription, domain or mailbox only."""
    return shown_assignment(give(call, user, str(role), _only(user, subscription, domain, mailbox)))


def give(call: Call, user: User, role: str, only: dict[str, Any]) -> Assignment:
    """A role with all that the user's customer has, or with `only` one thing. Raises Refused."""
    if user.kind != User.MEMBER:
        raise Refused("Roles are for customers’ users.").at("user")
    if user.assignments.count() >= rules.MOST_ASSIGNMENTS:
        raise Refused("No more than %(most)d roles can be given to one user.", most=rules.MOST_ASSIGNMENTS)
    made = _assignment(user, role, only)
    if not may_give(call.actor, permissions_of(made), made):
        raise Refused("You can give only what you may do there yourself.").at("role")
    if Assignment.objects.filter(_same(made)).exists():
        raise Refused("The user has this role there already.").at("role")
    made.save()
    return made


@action("access.withdraw", permission="access.members", on="assignment")
def withdraw(call: Call, *, assignment: AssignmentRef) -> Result:
    """Take a role back."""
    if not may_give(call.actor, permissions_of(assignment), assignment):
        raise Refused("You can take back only what you may do there yourself.").at("assignment")
    told = shown_assignment(assignment)
    assignment.delete()
    return told


def forget_subscription(call: Call, subscription: Subscription) -> None:
    """Hook: it goes, and so does what was limited to it."""
    Assignment.objects.filter(subscription=subscription.number).delete()


def forget_domain(call: Call, domain: Domain) -> None:
    """Hook: a later domain of that name is another one."""
    Assignment.objects.filter(Q(domain=domain.name) | Q(mailbox__endswith=f"@{domain.name}")).delete()


def forget_mailbox(call: Call, mailbox: Mailbox) -> None:
    """Hook: a later mailbox of that name is another one."""
    Assignment.objects.filter(mailbox=mailbox.address).delete()


def shown(role: Role) -> dict[str, Any]:
    return {
        "role": role.pk,
        "customer": role.customer_id,
        "name": role.name,
        "permissions": sorted(permissions_of(role)),
    }


def shown_assignment(row: Assignment) -> dict[str, Any]:
    return {
        "assignment": row.pk,
        "user": row.user_id,
        "role": row.role_name,
        "subscription": row.subscription,
        "domain": row.domain,
        "mailbox": row.mailbox,
    }


def _check_name(customer: int, name: str, itself: Role | None = None) -> None:
    named = Role.objects.filter(customer=customer, name=name).first()
    if (named and named != itself) or name in registry.standard_roles():
        raise Refused("There is a role of this name already.").at("name")


def _check_names(actor: Actor, permissions: Any) -> None:
    known = registry.standard_roles()[OWNER]
    for permission in permissions:
        if permission not in known:
            raise Refused("There is no permission “%(name)s”.", name=permission).at("permissions")
    if not may_name(actor, permissions):
        raise Refused("You can give only what you may do there yourself.").at("permissions")


def _only(
    user: User, subscription: Subscription | None, domain: Domain | None, mailbox: Mailbox | None
) -> dict[str, Any]:
    """The limit of an assignment as columns. What it names must be the user's customer's."""
    given = [
        ("subscription", subscription, subscription and subscription.customer_id, subscription and subscription.number),
        ("domain", domain, domain and domain.customer_id, domain and domain.name),
        ("mailbox", mailbox, mailbox and mailbox.domain.customer_id, mailbox and mailbox.address),
    ]
    named = [(field, customer, key) for field, row, customer, key in given if row is not None]
    if len(named) > 1:
        raise Refused("A role is limited to one of these at most.").at(named[1][0])
    for field, customer, _ in named:
        if customer != user.customer_id:
            raise Refused("There is no such object.").at(field)
    return {field: key for field, _, key in named}


def _assignment(user: User, name: str, only: dict[str, Any]) -> Assignment:
    if name in registry.standard_roles():
        return Assignment(user=user, standard=name, **only)
    role = Role.objects.filter(customer=user.customer_id, name=name).first()
    if role is None:
        raise Refused("There is no such role.").at("role")
    return Assignment(user=user, role=role, **only)


def _same(row: Assignment) -> Q:
    return Q(
        user=row.user, standard=row.standard, role=row.role,
        subscription=row.subscription, domain=row.domain, mailbox=row.mailbox,
    )  # fmt: skip
