"""Where a page stands: the object that it is about, whether the actor may be there, and the way that leads to it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from gasthof.kernel import permissions, registry
from gasthof.kernel.capability import Level
from gasthof.kernel.collection import select
from gasthof.kernel.permissions import Actor, allowed
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.ui import menu
from gasthof.ui.request import actor_of
from gasthof.ui.shell import Link

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


def may(actor: Actor, permission: str, where: permissions.Place | None) -> bool:
    return allowed(actor, permission, where, registry.grants())


def permit(request: HttpRequest, permission: str, where: permissions.Place | None = None) -> None:
    """Before a form is shown that could only be refused. Raises PermissionDenied."""
    if not may(actor_of(request), permission, where):
        raise PermissionDenied


def stand(where: permissions.Place, customer: str, subscription: str = "") -> menu.Place:
    """For the menu: an object's place, with the names that people call it by."""
    return menu.Place(where.customer, where, customer, subscription, where.domain or "")


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
