"""Where a page stands: the object that it is about, whether the actor may be there, and the way that leads to it."""

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from gasthof.kernel import permissions, registry
from gasthof.kernel.capability import Level
from gasthof.kernel.collection import select
from gasthof.kernel.permissions import Actor, allowed, reaches, scopes
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.ui import menu
from gasthof.ui.request import actor_of
from gasthof.ui.shell import Head, Link

Row = TypeVar("Row")
LEVELS: tuple[Level, ...] = ("house", "customer", "subscription", "domain")


def seen(actor: Actor, name: str, within: permissions.Place = permissions.HOUSE, search: str = "") -> QuerySet[Any]:
    """Rows of a collection that the actor may know; none for a search that cannot be one. Raises PermissionDenied."""
    try:
        return select(actor, name, search=search, within=within)
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    except ActionRefused:
        return select(actor, name, within=within).none()


def known(request: HttpRequest, name: str, /, **by: object) -> Any:
    """The row of a collection with that key. What the actor may not know is not there: Http404."""
    row = seen(actor_of(request), name).filter(**by).first()
    if row is None:
        raise Http404
    return row


def reached(actor: Actor, row: Row | None, permission: str, *, partly: bool = False) -> Row:
    """A row that was found by its key alone, if the actor may do that with it; see `check`."""
    if row is None:
        raise Http404
    place: permissions.Place = row.place  # type: ignore[attr-defined]
    check(actor, permission, place, partly=partly)
    return row


def person(request: HttpRequest, permission: str) -> Any:
    """Whoever is signed in, as far as they may have this for themselves: pages below /account/. Raises PermissionDenied, Http404."""
    user = request.user
    if not user.is_authenticated:
        raise PermissionDenied
    check(actor_of(request), permission, user.place)
    return user


def check(actor: Actor, permission: str, where: permissions.Place | None, *, partly: bool = False) -> None:
    """Http404: the actor may not know that it is there. PermissionDenied: they may not do this with it. `partly`: a list, which
    is also for those who may act on some of what stands in it."""
    if not (reaches(actor, where) or (partly and _meets(actor, where))):
        raise Http404
    if not may(actor, permission, where) and not (partly and _meets(actor, where, permission)):
        raise PermissionDenied


def _meets(actor: Actor, where: permissions.Place | None, permission: str | None = None) -> bool:
    """Users only: the scope of a reseller does not name the customer, and would meet everybody's."""
    return (
        actor.role == "user" and where is not None and any(each.overlaps(where) for each in scopes(actor, permission))
    )


def may(actor: Actor, permission: str, where: permissions.Place | None) -> bool:
    """Whether a button for it has any use."""
    return allowed(actor, permission, where, registry.grants())


def permit(request: HttpRequest, permission: str, where: permissions.Place | None = None) -> None:
    """Before a form is shown that could only be refused. Raises PermissionDenied."""
    if not may(actor_of(request), permission, where):
        raise PermissionDenied


def at_customer(row: Any) -> menu.Place:
    """Where pages about a customer stand, of its row."""
    return menu.Place(row.number, row.place, row.name)


def at_subscription(row: Any) -> menu.Place:
    return menu.Place(row.customer_id, row.place, row.customer.name, row.system_name)


def at_domain(row: Any) -> menu.Place:
    return menu.Place(
        row.customer_id, row.place, row.subscription.customer.name, row.subscription.system_name, row.name
    )


def way(actor: Actor, place: menu.Place, upto: Level) -> tuple[Link, ...]:
    """From the outside in. The first page of each level is where the name of its object leads."""
    names = {
        "customer": place.customer,
        "subscription": place.subscription,
        "domain": menu.Place(domain=place.domain).label,
    }
    found = []
    for level in LEVELS[: LEVELS.index(upto) + 1]:
        for entry in menu.doors(actor, place, level)[:1]:
            found.append(Link(names.get(level) or entry.title, entry.url))
    return tuple(found)


def below_customer(request: HttpRequest, row: Any, title: str, *crumbs: Link, **how: Any) -> Head:
    """Of a page about something of the object; `crumbs` lead on from there, `how` is what else Head takes."""
    return _below(request, at_customer(row), "customer", title, *crumbs, **how)


def below_subscription(request: HttpRequest, row: Any, title: str, *crumbs: Link, **how: Any) -> Head:
    return _below(request, at_subscription(row), "subscription", title, *crumbs, **how)


def below_domain(request: HttpRequest, row: Any, title: str, *crumbs: Link, **how: Any) -> Head:
    return _below(request, at_domain(row), "domain", title, *crumbs, **how)


def _below(request: HttpRequest, place: menu.Place, level: Level, title: str, *crumbs: Link, **how: Any) -> Head:
    return Head(title, place, (*way(actor_of(request), place, level), *crumbs), **how)
