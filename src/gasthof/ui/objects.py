"""Objects that pages are about: whether the reader may know them, where they stand, and lists of them."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from gasthof.kernel import permissions, registry
from gasthof.kernel.collection import select
from gasthof.kernel.keyset import Window, cut
from gasthof.kernel.permissions import Actor, allowed, reaches, scopes
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.ui.menu import Place
from gasthof.ui.request import actor_of
from gasthof.ui.shell import Link

Where = permissions.Place


def check(actor: Actor, permission: str, where: Where | None, *, partly: bool = False) -> None:
    """Http404: the reader may not know that it is there. PermissionDenied: they may not do this with it. `partly`: a list, which
    is also for those who may act on some of what stands in it."""
    if not (reaches(actor, where) or (partly and _meets(actor, where))):
        raise Http404
    if not may(actor, permission, where) and not (partly and _meets(actor, where, permission)):
        raise PermissionDenied


def person(request: HttpRequest, permission: str) -> Any:
    """Whoever is signed in, as far as they may have this for themselves: pages below /account/. Raises PermissionDenied, Http404."""
    user = request.user
    if not user.is_authenticated:
        raise PermissionDenied
    check(actor_of(request), permission, user.place)
    return user


def may(actor: Actor, permission: str, where: Where | None) -> bool:
    """Whether a button for it has any use."""
    return allowed(actor, permission, where, registry.grants())


def _meets(actor: Actor, where: Where | None, permission: str | None = None) -> bool:
    """Users only: the scope of a reseller does not name the customer, and would meet everybody's."""
    return (
        actor.role == "user" and where is not None and any(each.overlaps(where) for each in scopes(actor, permission))
    )


def of_subscription(row: Any) -> Place:
    """Where pages about a subscription stand."""
    return Place(row.customer_id, row.place, row.customer.name, row.system_name)


def of_domain(row: Any) -> Place:
    return Place(row.customer_id, row.place, row.subscription.customer.name, row.subscription.system_name, row.name)


def to_subscription(row: Any) -> tuple[Link, ...]:
    """The way to it, from the outside in."""
    account = reverse("domains:overview", args=[row.customer_id])
    return Link(row.customer.name, account), Link(row.system_name, reverse("web:websites", args=[row.system_name]))


def to_domain(row: Any) -> tuple[Link, ...]:
    return *to_subscription(row.subscription), Link(row.value.unicode, reverse("domains:domain", args=[row.name]))


def listed(
    name: str, within: Where, order: Sequence[str], *related: str, **only: object
) -> Callable[[Actor, Window], list[Any]]:
    """What lists.Listing asks for its rows, out of a collection; `only` as Django's filter has it. What cannot be searched for is
    not found."""

    def rows(actor: Actor, window: Window) -> list[Any]:
        try:
            found = select(actor, name, search=window.search, within=within)
        except NotAllowed as refusal:
            raise PermissionDenied from refusal
        except ActionRefused:
            return []
        return list(cut(found.filter(**only).prefetch_related(*related), order, window))

    return rows


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty one that was sent, too."""
    return request.POST if request.method == "POST" else None
