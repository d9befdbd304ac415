"""“Websites & domains”: a card for each domain of a subscription, with the doors to what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from gasthof.kernel import registry
from gasthof.kernel.capability import Glance
from gasthof.kernel.permissions import EVERYWHERE, Actor, Place
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.slices.web.queries import Standing, standings
from gasthof.slices.web.views.standing import subscription_for
from gasthof.ui import menu, parts
from gasthof.ui.lists import Column, Empty, Listing, portion
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import at_domain, at_subscription, may, way

PORTION = 20  # cards on a page


@dataclass(frozen=True)
class Card:
    domain: Domain
    url: str
    standing: Standing | None
    doors: tuple[menu.Entry, ...]
    glances: tuple[
        tuple[str, str, int, parts.Quota], ...
    ]  # what is counted, an icon, how many, the space that they take up

    @property
    def state(self) -> str:
        if self.domain.subscription.suspended:
            return "suspended"
        return self.standing.progress.state if self.standing else "off"


@require_safe
def websites(request: PanelRequest, subscription: str) -> HttpResponse:
    found = subscription_for(request, subscription)
    place = at_subscription(found)
    adds = may(request.actor, "domains.write", found.place) and _changeable(request.actor, found)
    shown = portion(request, _listing(found, adds=adds))
    context = {"list": shown, "cards": _cards(request.actor, [row.head for row in shown.rows]), "subscription": found}
    action = Link(gettext("Add domain"), reverse("domains:add", args=[subscription]), "plus") if adds else None
    crumbs = way(request.actor, place, "customer")
    head = Head(
        gettext("Websites & domains"), place, crumbs, action, lead=f"{found.customer.name} · {found.system_name}"
    )
    if request.htmx:
        response = render(request, "web/cards.html", {"head": head, **context})
    else:
        coming = registry.outlooks(request.actor, found)
        response = show(request, "web/websites.html", head, context | {"coming": coming})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _changeable(actor: Actor, subscription: Subscription) -> bool:
    return subscription.editable or actor.role in EVERYWHERE


def _listing(subscription: Subscription, *, adds: bool) -> Listing[Domain]:
    source = Source("domains", {"name": ("unicode",)}, Place(subscription=subscription.number))
    new = reverse("domains:add", args=[subscription.system_name]) if adds else ""
    words = gettext("Websites, mail and DNS hang on domains. Add the first one: its website is live within seconds.")
    return Listing(
        name="cards", rows=source.rows, key=source.key, portion=PORTION,
        columns=(Column("name", gettext("Domain"), lambda row: row, sort=True),),
        search=gettext("Search domains"),
        empty=Empty(gettext("No domain yet"), words, gettext("Add domain") if adds else "", new, "globe"),
    )  # fmt: skip


def _cards(actor: Actor, domains: Sequence[Domain]) -> list[Card]:
    found, glances = standings(domains), registry.glances(actor, domains)
    return [_card(actor, domain, found.get(domain.pk), glances.get(domain.pk, [])) for domain in domains]


def _card(actor: Actor, domain: Domain, standing: Standing | None, glances: Sequence[Glance]) -> Card:
    """The first door is the name itself."""
    place = at_domain(domain)
    url = reverse("domains:domain", args=[domain.name])
    doors = tuple(door for door in menu.doors(actor, place, "domain") if door.url != url)
    told = tuple((gettext(each.title), each.icon, each.count, parts.Quota(each.used, each.limit)) for each in glances)
    return Card(domain, url, standing, doors, told)
