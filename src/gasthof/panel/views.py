"""The panel's own pages: where everybody begins, and what is shown when something fails."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gasthof.kernel import registry
from gasthof.kernel.permissions import Actor, holds
from gasthof.panel import selector
from gasthof.ui import menu
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, frame, show
from gasthof.ui.standing import seen


@dataclass(frozen=True)
class Count:
    title: str
    number: int
    url: str
    note: str = ""


@require_safe
def start(request: PanelRequest) -> HttpResponse:
    """Where each begins: with the house, with their only subscription's websites, or with all of their domains."""
    actor = request.actor
    if selector.over_others(actor):
        return _overview(request)
    if actor.customer is None:
        return redirect("account_login")
    if not holds(actor, "domains.read", registry.grants()):
        return _first_page(actor)
    mine = _subscriptions_of(actor)
    return redirect("web:websites", mine[0].system_name) if len(mine) == 1 else redirect(selector.home(actor))


def _first_page(actor: Actor) -> HttpResponse:
    """For who has nothing to do with domains: what they may see of their customer, else their own account."""
    doors = menu.doors(actor, menu.Place(actor.customer), "customer")
    return redirect(doors[0].url if doors else "access_account")


def _subscriptions_of(actor: Actor) -> list[Any]:
    """Two at most; who may act in some domains only has the subscription of those."""
    whole = holds(actor, "subscriptions.read", registry.grants())
    found = list(seen(actor, "subscriptions").order_by("number")[:2]) if whole else []
    if found or actor.role != "user":
        return found
    return list({row.subscription_id: row.subscription for row in seen(actor, "domains")[:50]}.values())


def _overview(request: PanelRequest) -> HttpResponse:
    """For operators and resellers."""
    actor = request.actor
    subscriptions = seen(actor, "subscriptions")
    suspended = subscriptions.filter(state="suspended").count()
    note = gettext("%(n)d of them suspended") % {"n": suspended} if suspended else ""
    counts = [
        Count(gettext("Customers"), seen(actor, "customers").count(), reverse("accounts:customers")),
        Count(gettext("Subscriptions"), subscriptions.count(), reverse("subscriptions:all"), note),
        Count(gettext("Domains"), seen(actor, "domains").count(), reverse("domains:all")),
    ]
    manages = holds(actor, "nodes.manage", registry.grants())
    nodes = seen(actor, "nodes").select_related("contact").order_by("name") if manages else []
    create = Link(gettext("Create customer"), reverse("accounts:create"), "user-plus")
    head = Head(gettext("Overview"), action=create)
    return show(request, "panel/overview.html", head, {"counts": counts, "nodes": nodes, "piles": menu.piles(actor)})


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """{"database": true} with 200, or false with 503: whether PostgreSQL answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"database": False}, status=503)
    return JsonResponse({"database": True})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tells nothing of what was asked for."""
    sentence = gettext("There is no page at this address.")
    return _failure(request, 404, gettext("Not found"), sentence)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = gettext("The panel did not understand this request.")
    return _failure(request, 400, gettext("Bad request"), sentence)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Tells nothing of what is there."""
    return _failure(request, 403, gettext("No access"), gettext("You may not see or do this."))


def too_many(request: HttpRequest) -> HttpResponse:
    """Of whatever is limited by time."""
    return _failure(
        request, 429, gettext("Too many attempts"), gettext("Please wait a few minutes, and then try again.")
    )


def not_ours(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: forged, too old, or from a browser that keeps no cookies."""
    sentence = gettext(
        "Nothing was changed: this form did not come from the page that the panel showed last, or the browser keeps no cookies. "
        "Please open the page again, and then send the form."
    )
    return _failure(request, 403, gettext("Form not accepted"), sentence)


def broken(request: HttpRequest) -> HttpResponse:
    """Details are in the panel's log only."""
    sentence = gettext("Something went wrong here. Websites are not affected; the panel's log tells the operator more.")
    return _failure(request, 500, gettext("Error"), sentence)


def _failure(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    """Rendered without context processors: nothing that a page learns from them, nor the database, may fail here once more."""
    page = render_to_string("panel/failure.html", {"title": title, "sentence": sentence, **frame(request)})
    return HttpResponse(page, status=status)
