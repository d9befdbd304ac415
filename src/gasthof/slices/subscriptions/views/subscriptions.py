"""Pages of subscriptions: lists, one at a glance, and what can be done with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from django.http import HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gasthof.kernel import registry
from gasthof.kernel.collection import collections
from gasthof.kernel.permissions import HOUSE, Actor, Place
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.nodes.queries import node_names
from gasthof.slices.subscriptions.actions.state import complaints, used
from gasthof.slices.subscriptions.forms import CreateSubscription
from gasthof.slices.subscriptions.models import Plan, Subscription
from gasthof.slices.subscriptions.queries import exports_of, seen_subscription, with_outcome
from gasthof.ui import menu, parts
from gasthof.ui.changes import Undo
from gasthof.ui.lists import BulkAction, Column, Empty, Listing, list_page
from gasthof.ui.pages import (
    Bulk,
    Picked,
    Question,
    bare,
    bulk_page,
    form_page,
    picked_keys,
    posted,
    question_page,
    seen,
)
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import (
    at_subscription,
    below_customer,
    below_subscription,
    known,
    may,
    permit,
    reached,
    way,
)
from gasthof.ui.standing import seen as rows_of

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def found_for(request: PanelRequest, name: str, permission: str = "subscriptions.read") -> Subscription:
    """By its system name. Raises Http404, PermissionDenied."""
    return reached(request.actor, seen_subscription(name), permission)


def _listing(within: Place, empty: Empty, *, manages: bool) -> Listing[Subscription]:
    source = Source("subscriptions", {"number": ("number",)}, within)
    suspend = BulkAction(gettext("Suspend"), reverse("subscriptions:suspend_many"), "circle-pause")
    return Listing(
        name="subscriptions", rows=source.rows, key=source.key,
        columns=(
            Column("number", gettext("Subscription"), lambda row: row.system_name, sort=True),
            Column("customer", gettext("Customer"),
                   lambda row: Link(row.customer.name, reverse("accounts:customer", args=[row.customer_id]))),
            Column("plan", gettext("Plan"), lambda row: row.plan.name),
            Column("node", gettext("Server"), lambda row: row.node.name),
            Column("state", gettext("State"), lambda row: parts.state(row.state)),
        ),
        link=lambda row: reverse("subscriptions:subscription", args=[row.system_name]),
        pick=(lambda row: row.system_name) if manages else None,
        bulk=(suspend,) if manages else (),
        search=gettext("Search by number or customer"),
        empty=empty,
    )  # fmt: skip


@require_safe
def every(request: PanelRequest) -> HttpResponse:
    """The house's, or those of a reseller's customers."""
    where = Place(customer=request.actor.customer) if request.actor.customer else None
    permit(request, "subscriptions.manage", where)
    words = gettext("Choose a customer and create a subscription for them.")
    empty = Empty(gettext("No subscription yet"), words, gettext("Customers"), reverse("accounts:customers"), "layers")
    return list_page(request, _listing(HOUSE, empty, manages=True), Head(gettext("Subscriptions")))


@require_safe
def of_customer(request: PanelRequest, customer: int) -> HttpResponse:
    found: Customer = known(request, "customers", number=customer)
    permit(request, "subscriptions.read", found.place)
    manages = may(request.actor, "subscriptions.manage", found.place)
    new = reverse("subscriptions:create", args=[customer]) if manages else ""
    words = gettext("A subscription is the place on a server where websites, mail and databases lie.")
    button = gettext("Create subscription") if manages else ""
    empty = Empty(gettext("No subscription yet"), words, button, new, "layers")
    action = Link(gettext("Create subscription"), new, "plus") if manages else None
    head = below_customer(request, found, gettext("Subscriptions"), action=action)
    return list_page(request, _listing(Place(customer=customer), empty, manages=manages), head)


@shown_or_sent
def create(request: PanelRequest, customer: int) -> HttpResponse:
    found: Customer = known(request, "customers", number=customer)
    permit(request, "subscriptions.manage", found.place)
    form = CreateSubscription(posted(request), fixed={"customer": customer})
    plans = Plan.objects.order_by("name")
    form.fields["plan"].choices = [(plan.name, plan.name) for plan in plans]  # type: ignore[attr-defined]
    form.fields["node"].choices = [(name, name) for name in node_names()]  # type: ignore[attr-defined]
    return form_page(
        request, form, below_customer(request, found, gettext("Create subscription")),
        submit=gettext("Create subscription"), cancel=reverse("accounts:customer", args=[customer]),
        to=lambda outcome: reverse("subscriptions:subscription", args=[outcome.result["subscription"]]),
        message=lambda outcome: gettext("The subscription %(name)s was created.") % {"name": outcome.result["subscription"]},
    )  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """Of what takes up space, against the largest."""

    name: str
    words: str
    width: int  # per cent


def _bars(subscription: Subscription) -> list[Bar]:
    names = {"web": gettext("Websites"), "mail": gettext("Mail"), "databases": gettext("Databases")}
    found = used(subscription)
    largest = max(found.values(), default=0) or 1
    return [Bar(names.get(kind, kind), filesizeformat(size), 100 * size // largest) for kind, size in found.items()]


@require_safe
def subscription(request: PanelRequest, subscription: str) -> HttpResponse:
    """One at a glance: what it takes up, what is wrong with it, exports of it."""
    found = found_for(request, subscription)
    place = at_subscription(found)
    manages = may(request.actor, "subscriptions.manage", found.place)
    head = Head(gettext("Subscription %(name)s") % {"name": found.system_name}, place, way(request.actor, place, "customer"),
                lead=found.customer.name)  # fmt: skip
    context = {
        "subscription": found,
        "coming": registry.outlooks(request.actor, found),
        "manages": manages,
        "facts": _facts(found),
        "bars": _bars(found),
        "total": filesizeformat(sum(used(found).values())),
        "limits": list(_limits(request.actor, found)),
        "complaints": [words for each in complaints(found).values() for words in each],
        "doors": [door for door in menu.doors(request.actor, place, "subscription") if door.url != request.path],
        "exports": with_outcome(exports_of(found)) if manages else [],
    }
    return show(request, "subscriptions/subscription.html", head, context)


def _limits(actor: Actor, subscription: Subscription) -> Iterator[tuple[str, parts.Quota]]:
    """What it holds of what its plan allows, of what the actor may see."""
    plan = subscription.plan
    for name, title, most in (
        ("domains", gettext("Domains"), plan.domains),
        ("mailboxes", gettext("Mailboxes"), plan.mailboxes),
        ("databases", gettext("Databases"), plan.databases),
        ("ftp_users", gettext("FTP users"), plan.ftp_users),
    ):
        if may(actor, collections()[name].permission, subscription.place):
            yield title, parts.Quota(_count(actor, _within(subscription), name), most, "count", title)


def _within(subscription: Subscription) -> Place:
    return Place(customer=subscription.customer_id, subscription=subscription.number)


def _facts(subscription: Subscription) -> list[parts.Fact]:
    return [
        parts.Fact(gettext("System name"), subscription.system_name),
        parts.Fact(gettext("Plan"), subscription.plan.name, copy=False),
        parts.Fact(gettext("Server"), subscription.node.name, copy=False),
    ]


def _back(subscription: Subscription) -> str:
    return reverse("subscriptions:subscription", args=[subscription.system_name])


def _named(subscription: Subscription) -> dict[str, str]:
    return {"name": f"{subscription.system_name} ({subscription.customer.name})"}


@shown_or_sent
def suspend(request: PanelRequest, subscription: str) -> HttpResponse:
    found = found_for(request, subscription, "subscriptions.manage")
    fixed = {"subscription": found.system_name}
    question = Question(
        gettext("Its websites answer with a page that says so. All data stays; the customer can look, but change nothing."),
        gettext("Suspend subscription"),
    )  # fmt: skip
    return question_page(
        request, "subscriptions.suspend", fixed, below_subscription(request, found, gettext("Suspend subscription %(name)s?") % _named(found)),
        question, to=_back(found), message=gettext("The subscription %(name)s is suspended.") % _named(found), cancel=_back(found),
        undo=lambda _: Undo("subscriptions.resume", dict(fixed)),
    )  # fmt: skip


@shown_or_sent
def resume(request: PanelRequest, subscription: str) -> HttpResponse:
    found = found_for(request, subscription, "subscriptions.manage")
    fixed = {"subscription": found.system_name}
    question = Question(
        gettext("Its websites can be seen again, and the customer can change everything."),
        gettext("End suspension"),
        calm=True,
    )
    return question_page(
        request, "subscriptions.resume", fixed, below_subscription(request, found, gettext("End the suspension of %(name)s?") % _named(found)),
        question, to=_back(found), message=gettext("The subscription %(name)s is active again.") % _named(found), cancel=_back(found),
        undo=lambda _: Undo("subscriptions.suspend", dict(fixed)),
    )  # fmt: skip


@shown_or_sent
def delete(request: PanelRequest, subscription: str) -> HttpResponse:
    found = found_for(request, subscription, "subscriptions.manage")
    question = Question(
        gettext("Everything in it is deleted at once and cannot be brought back. Make an export first if it may be needed again."),
        gettext("Delete subscription"),
        list(_goes(request.actor, found)), typed=found.system_name,
    )  # fmt: skip
    return question_page(
        request, "subscriptions.delete", {"subscription": found.system_name},
        below_subscription(request, found, gettext("Delete subscription %(name)s?") % _named(found)), question,
        to=reverse("accounts:customer", args=[found.customer_id]),
        message=gettext("The subscription %(name)s was deleted.") % _named(found), cancel=_back(found),
    )  # fmt: skip


def _goes(actor: Actor, subscription: Subscription) -> Iterator[str]:
    """What the slices have in it, by the names of their collections."""
    count = partial(_count, actor, _within(subscription))
    found = (
        (gettext("domains with their websites: %(n)d"), count("domains")),
        (gettext("mailboxes with all mail: %(n)d"), count("mailboxes")),
        (gettext("databases: %(n)d"), count("databases")),
        (gettext("FTP users: %(n)d"), count("ftp_users")),
    )
    yield from (words % {"n": number} for words, number in found if number)
    yield gettext("all files")


def _count(actor: Actor, within: Place, name: str) -> int:
    return rows_of(actor, name, within).count()


@require_POST
def suspend_many(request: PanelRequest) -> HttpResponse:
    """Those that were picked and that the actor may know."""
    where = Place(customer=request.actor.customer) if request.actor.customer else None
    permit(request, "subscriptions.manage", where)
    keys = [int(key[1:]) for key in picked_keys(request) if key[1:].isascii() and key[1:].isdigit() and len(key) < 11]
    rows = rows_of(request.actor, "subscriptions").filter(number__in=keys).order_by("number")
    picked = [Picked(row.system_name, f"{row.system_name} ({row.customer.name})", gettext("suspended")) for row in rows]
    bulk = Bulk(
        bare("subscriptions.suspend", seen(request)), "subscription", picked,
        gettext("The websites of these subscriptions answer with a page that says so. All data stays."),
        gettext("Suspend subscriptions"), danger=True,
    )  # fmt: skip
    back = reverse("subscriptions:all")
    head = Head(gettext("Suspend subscriptions?"), crumbs=(Link(gettext("Subscriptions"), back),))
    message = gettext("The subscriptions are suspended.")
    return bulk_page(request, bulk, head, to=back, message=message, cancel=back)
