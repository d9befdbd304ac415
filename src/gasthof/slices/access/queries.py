"""Reads of people who sign in."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext

from gasthof.kernel import rows
from gasthof.kernel.collection import Ask, collection, conjunction, narrowed
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import ANONYMOUS, EVERYWHERE, Actor, Grant, Place, reaches
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.access.grants import OWNER, assignments_of, permissions_of
from gasthof.slices.access.models import Assignment, OutgoingMail, Role, User
from gasthof.slices.access.values import Email
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.subscriptions.queries import Subscription

MOST_NAMED = 50
__all__ = [
    "OutgoingMail",
    "User",
    "UserRef",
    "actor_of",
    "called",
    "find_user",
    "is_theirs",
    "operators",
    "people_of",
    "servers_of",
    "theirs",
    "user_of",
]


def actor_of(user: User | AnonymousUser) -> Actor:
    """Who acts when this person does: a member is the owner's equal by that role alone, else what their roles say."""
    if not isinstance(user, User) or not user.active:
        return ANONYMOUS
    if user.kind == User.OPERATOR:
        return Actor("operator", None, user.language, name=name_of(user))
    if user.kind == User.RESELLER:
        return Actor("reseller", user.customer_id, user.language, name=name_of(user))
    rows = assignments_of(user)
    if any(row.standard == OWNER and row.scope == Place(user.customer_id) for row in rows):
        return Actor("owner", user.customer_id, user.language, name=name_of(user))
    grants = tuple(Grant(permissions_of(row), row.scope) for row in rows)
    return Actor("user", user.customer_id, user.language, grants, name=name_of(user))


def name_of(user: User) -> str:
    """How the audit trail calls them."""
    return f"user:{user.pk}"


def person_acting(actor: Actor) -> str:
    """How the audit trail calls the person who acts, with or without a token: "user:12"; "" where nobody signed in."""
    return actor.name.partition("/")[0]


def is_theirs(actor: Actor, user: User) -> bool:
    """Whether what that person has made for programs is the actor's to see and to end."""
    return actor.role in EVERYWHERE or person_acting(actor) in ("", name_of(user))


def theirs(ask: Ask) -> Q:
    """The same for rows of a table with a column `user`, and those of people of the scopes' customers only."""
    found, who = conjunction(ask.scopes, _of_peoples_customer), person_acting(ask.actor)
    return found & Q(user=int(who.partition(":")[2])) if who and ask.actor.role not in EVERYWHERE else found


def called(actors: Iterable[str]) -> dict[str, str]:
    """People by their names; the house's own people by what they are."""
    listed = set(actors)
    parts = {part for actor in listed for part in actor.split(" as ")}
    numbers = [int(part[5:]) for part in parts if re.fullmatch(r"user:[0-9]{1,9}", part)]
    with rows.staff():  # whoever reads what was done is told who did it, a reseller's or the house's people too
        people = {name_of(each): each for each in User.objects.filter(pk__in=numbers)} if numbers else {}
    return {actor: _called(actor, people) for actor in listed}


def _called(actor: str, people: Mapping[str, User]) -> str:
    first, _, rest = actor.partition(" as ")
    user = people.get(first)
    if user is None:
        words = {"operator": gettext("operator"), "system": gettext("the system"), "customer": gettext("customer")}
        word = words.get(first.partition(":")[0], first)
    else:
        word = gettext("operator") if user.kind == User.OPERATOR else user.name
    return gettext("%(who)s in the customer’s place") % {"who": word} if rest else word


def named(actor: Actor, text: str) -> list[str]:
    """Of those whom the actor may know, the first MOST_NAMED by that part of a name or an address."""
    known = User.objects.filter(conjunction(narrowed(actor), _of_customer))
    rows = known.filter(Q(name__icontains=text) | Q(email__contains=text.lower())).order_by("pk")
    return [name_of(each) for each in rows[:MOST_NAMED]]


def shown_user(user: User) -> dict[str, object]:
    return {
        "user": user.pk,
        "name": user.name,
        "email": user.address,
        "kind": user.kind,
        "customer": user.customer_id,
        "active": user.active,
        "roles": [{"role": each.role_name, "place": where(each)} for each in user.assignments.all()],
    }


def where(row: Assignment) -> str:
    """What a role is limited to, as people read it; "" for all that the customer has."""
    if row.mailbox:
        return Email(row.mailbox).shown
    if row.domain:
        return DomainName(row.domain).unicode
    return f"s{row.subscription:06d}" if row.subscription else ""


@collection("users", permission="access.members", order=("email",), shown=shown_user)
def users(ask: Ask) -> QuerySet[User]:
    """People who sign in, found by part of their name or address."""
    rows = User.objects.filter(conjunction(ask.scopes, _of_customer))
    if ask.search:
        rows = rows.filter(Q(name__icontains=ask.search) | Q(email__contains=ask.search.lower()))
    return rows.select_related("customer").prefetch_related("assignments__role")


def _of_customer(place: Place, before: str = "") -> Q:
    """People belong to whole customers. `before`: the way to them."""
    if place.subscription is not None or place.domain is not None or place.mailbox is not None:
        return Q(pk__in=[])
    parts = {f"{before}customer": place.customer, f"{before}customer__reseller": place.reseller}
    return Q(**{name: value for name, value in parts.items() if value is not None})


def _of_peoples_customer(place: Place) -> Q:
    return _of_customer(place, "user__")


def person(number: int) -> User | None:
    """As they were a moment ago: whoever asks has yet to see whether the actor reaches them."""
    return User.objects.select_related("customer").filter(pk=number).first() if number < 10**9 else None


def people_of(customer: int) -> list[User]:
    """Those who act as the customer's owner, to whom the house writes; who is blocked is not written to."""
    whole = Assignment.objects.filter(standard=OWNER, subscription=None, domain="", mailbox="")
    rows = User.objects.filter(customer=customer, kind=User.MEMBER, active=True, pk__in=whole.values("user"))
    return list(rows.order_by("pk"))


def operators() -> list[User]:
    """Those who run the house and may sign in, whom what goes wrong is written to."""
    return list(User.objects.filter(kind=User.OPERATOR, active=True).order_by("pk"))


def roles_of(customer: int) -> list[Role]:
    """Those that the customer has named."""
    return list(Role.objects.filter(customer=customer).order_by("name").annotate(given=Count("assignments")))


def acting_for(user: User, number: int) -> Customer | None:
    """The customer in whose place this person may act."""
    actor = actor_of(user)
    customer = seen_customer(number)
    if customer is None or actor.role not in ("operator", "reseller") or actor.customer == number:
        return None
    return customer if reaches(actor, customer.place) else None


def in_place_of(user: User, customer: Customer) -> Actor:
    """An owner, no more: what they do is recorded under both."""
    return Actor("owner", customer.number, user.language, behind=name_of(user))


def user_of(address: str) -> User | None:
    """The person with that address, however it is spelled."""
    try:
        return User.objects.filter(email=Email.parse(address)).first()
    except Refused:
        return None


def find_user(actor: Actor, text: str) -> User | None:
    """By number or address. Locked for a change."""
    rows = User.objects.select_related("customer").select_for_update(of=("self",))
    if text.isascii() and text.isdigit() and len(text) < 10:
        found = rows.filter(pk=int(text)).first()
    else:
        known = user_of(text)
        found = rows.filter(pk=known.pk).first() if known else None
    return found if found and reaches(actor, found.place) else None


def servers_of(customer: int) -> list[str]:
    """Names of the machines that a customer's things lie on, as people read them."""
    hosts = Subscription.objects.filter(customer=customer).values_list("node__host", flat=True)
    return [DomainName(host).unicode for host in sorted(set(hosts)) if host]


_USER = Reference("user", find_user, lambda user: user.place, "number or e-mail address of the person")
UserRef = Annotated[User, _USER]
