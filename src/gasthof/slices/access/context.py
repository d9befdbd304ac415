"""What each page's frame shows of whoever is signed in."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from gasthof.slices.access.queries import User
from gasthof.ui import menu
from gasthof.ui.request import actor_of
from gasthof.ui.shell import Link


def account(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    acting = getattr(request, "acting", None)
    if acting is not None:
        end = {"name": acting.name, "end": reverse("access_stop_acting")}
        return {"account": {"name": user.name, "links": (), "sign_out": reverse("account_logout")}, "acting_as": end}
    actor = actor_of(request)
    doors = menu.doors(actor, menu.Place(actor.customer), "account")
    links = (
        Link(gettext("Your account"), reverse("access_account"), "user-round"),
        *(Link(door.title, door.url, door.icon) for door in doors),
    )
    return {"account": {"name": user.name, "links": links, "sign_out": reverse("account_logout")}}
