"""The selector in every page's header: where the reader is, and the way to any domain, subscription or customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gasthof.kernel import registry
from gasthof.kernel.permissions import EVERYWHERE, Actor, holds
from gasthof.ui.request import PanelRequest, actor_of
from gasthof.ui.shell import Head, show
from gasthof.ui.standing import seen

DOMAINS, OTHERS = 10, 5  # as many are shown


@dataclass(frozen=True)
class Found:
    text: str
    url: str
    note: str = ""
    icon: str = ""
    current: bool = False


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor; it asks for nothing until a page shows it."""
    actor = actor_of(request)
    if actor.role == "anonymous":
        return {}
    return {"selector": SimpleLazyObject(lambda: _selector(actor, request.path))}


def _selector(actor: Actor, path: str) -> dict[str, Any]:
    return {"name": _home_name(actor), "search": reverse("find"), "links": list(_first(actor, path))}


def _home_name(actor: Actor) -> str:
    return gettext("House") if over_others(actor) else gettext("Account")


def over_others(actor: Actor) -> bool:
    """Whether there are customers that this one looks after."""
    return actor.role in EVERYWHERE or actor.role == "reseller"


def home(actor: Actor) -> str:
    """Of all: the house's overview, or that of the account."""
    if actor.customer is None or over_others(actor):
        return reverse("start")
    return reverse("domains:overview", args=[actor.customer])


def _first(actor: Actor, path: str) -> Iterator[Found]:
    """Before anything was typed: the overview, and one's own subscriptions."""
    url = home(actor)
    yield Found(
        gettext("Overview") if over_others(actor) else gettext("Account overview"), url, "", "globe", url == path
    )
    if not over_others(actor):
        yield from _subscriptions(actor, "", path)


def found(actor: Actor, text: str) -> Iterator[Found]:
    if _may(actor, "domains.read"):
        for row in seen(actor, "domains", search=text).order_by("unicode")[:DOMAINS]:
            note = f"{row.subscription.customer.name} · {row.subscription.system_name}"
            yield Found(row.unicode, reverse("domains:domain", args=[row.name]), note, "globe")
    yield from _subscriptions(actor, text)
    if over_others(actor):
        for row in seen(actor, "customers", search=text).order_by("name", "number")[:OTHERS]:
            yield Found(row.name, reverse("accounts:customer", args=[row.number]), gettext("Customer"), "users")


def _subscriptions(actor: Actor, text: str, path: str = "") -> Iterator[Found]:
    if not _may(actor, "subscriptions.read"):
        return
    for row in seen(actor, "subscriptions", search=text).order_by("number")[:OTHERS]:
        url = reverse("web:websites", args=[row.system_name])
        note = row.customer.name if over_others(actor) else row.plan.name
        yield Found(row.system_name, url, note, "layers", path.startswith(f"/subscriptions/{row.system_name}"))


def _may(actor: Actor, permission: str) -> bool:
    return holds(actor, permission, registry.grants())


@require_safe
def find(request: PanelRequest) -> HttpResponse:
    """What fits: for the selector a list of links, else a page."""
    text = request.GET.get("search", "").strip()
    links = list(found(request.actor, text)) if text else list(_first(request.actor, ""))
    if request.htmx:
        return render(request, "ui/selector_found.html", {"links": links})
    head = Head(gettext("Search"), lead=gettext("Domains, subscriptions and customers"))
    return show(request, "panel/found.html", head, {"links": links, "search": text})
