"""Pages of domains: all of an account, one at a glance, added and deleted."""

from collections.abc import Iterator

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gasthof.kernel.permissions import EVERYWHERE, HOUSE, Actor, Place
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.domains.forms import AddDomain
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import seen_subscription
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
    at_customer,
    at_domain,
    below_domain,
    below_subscription,
    known,
    may,
    permit,
    reached,
    way,
)
from gasthof.ui.standing import seen as rows_of

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def found_for(request: PanelRequest, name: str, permission: str = "domains.read") -> Domain:
    """By its A-label. Raises Http404, PermissionDenied."""
    domain: Domain = known(request, "domains", name=name)
    permit(request, permission, domain.place)
    return domain


def _listing(within: Place, empty: Empty, *, deletes: bool) -> Listing[Domain]:
    source = Source("domains", {"name": ("unicode",)}, within)
    remove = BulkAction(gettext("Delete"), reverse("domains:delete_many"), "trash-2")
    return Listing(
        name="domains", rows=source.rows, key=source.key,
        columns=(
            Column("name", gettext("Domain"), lambda row: row.unicode, sort=True),
            Column("subscription", gettext("Subscription"), _subscription_of),
            Column("customer", gettext("Customer"), lambda row: row.subscription.customer.name),
            Column("state", gettext("State"), lambda row: parts.state(row.subscription.state)),
        ),
        link=lambda row: reverse("domains:domain", args=[row.name]),
        pick=(lambda row: row.name) if deletes else None,
        bulk=(remove,) if deletes else (),
        search=gettext("Search domains"),
        empty=empty,
    )  # fmt: skip


def _subscription_of(domain: Domain) -> Link:
    name = domain.subscription.system_name
    return Link(name, reverse("web:websites", args=[name]))


@require_safe
def every(request: PanelRequest) -> HttpResponse:
    """The house's, or those of a reseller's customers."""
    if request.actor.role not in EVERYWHERE and request.actor.role != "reseller":
        raise Http404
    words = gettext("Domains are added in a customer’s subscription.")
    empty = Empty(gettext("No domain yet"), words, gettext("Customers"), reverse("accounts:customers"), "globe")
    return list_page(request, _listing(HOUSE, empty, deletes=True), Head(gettext("Domains")))


@require_safe
def overview(request: PanelRequest, customer: int) -> HttpResponse:
    """All domains of all subscriptions of a customer: those of them that the actor may know."""
    place = _account(request, customer)
    deletes = may(request.actor, "domains.write", place.where)
    words = gettext("Add a domain in one of your subscriptions: choose it from the list of subscriptions.")
    to = reverse("subscriptions:of_customer", args=[customer])
    empty = Empty(gettext("No domain yet"), words, gettext("Subscriptions"), to, "globe")
    if not deletes:
        empty = Empty(
            gettext("No domain yet"), gettext("Nobody has given you a domain to look after yet."), icon="globe"
        )
    head = Head(gettext("Account overview"), place, way(request.actor, place, "house"), lead=place.customer)
    return list_page(request, _listing(Place(customer=customer), empty, deletes=deletes), head)


def _account(request: PanelRequest, customer: int) -> menu.Place:
    """A user may see some of its domains without knowing more of the customer. Raises Http404."""
    if request.actor.role in ("user", "owner") and request.actor.customer == customer:
        name = Customer.objects.get(number=customer).name
        return menu.Place(customer, Place(customer=customer), name)
    found: Customer = known(request, "customers", number=customer)
    return at_customer(found)


@require_safe
def domain(request: PanelRequest, domain: str) -> HttpResponse:
    """One at a glance, and all that can be done with it."""
    found = found_for(request, domain)
    place = at_domain(found)
    open_it = Link(gettext("Open website"), f"https://{found.name}/", "external-link")
    context = {
        "domain": found,
        "doors": [door for door in menu.doors(request.actor, place, "domain") if door.url != request.path],
        "facts": _facts(found),
        "deletes": may(request.actor, "domains.write", found.place),
    }
    head = Head(found.unicode, place, way(request.actor, place, "subscription"), open_it)
    return show(request, "domains/domain.html", head, context)


def _facts(domain: Domain) -> list[parts.Fact]:
    names = [parts.Fact(gettext("Domain"), domain.unicode)]
    if domain.name != domain.unicode:
        names.append(parts.Fact(gettext("A-label"), domain.name, note=gettext("For programs that know no umlauts.")))
    return [
        *names,
        parts.Fact(gettext("Subscription"), domain.subscription.system_name),
        parts.Fact(gettext("Customer"), domain.subscription.customer.name, copy=False),
    ]


@shown_or_sent
def add(request: PanelRequest, subscription: str) -> HttpResponse:
    found = reached(request.actor, seen_subscription(subscription), "domains.write")
    back = reverse("web:websites", args=[subscription])
    return form_page(
        request, AddDomain(posted(request), fixed={"subscription": subscription}),
        below_subscription(request, found, gettext("Add domain")),
        submit=gettext("Add domain"), to=back, cancel=back,
        message=lambda outcome: gettext("%(name)s was added.") % {"name": outcome.result["domain"]},
        undo=lambda outcome: Undo("domains.delete", {"domain": outcome.result["ascii"]}),
    )  # fmt: skip


@shown_or_sent
def delete(request: PanelRequest, domain: str) -> HttpResponse:
    found = found_for(request, domain, "domains.write")
    back = reverse("web:websites", args=[found.subscription.system_name])
    question = Question(
        gettext("Everything that hangs on this domain is deleted at once. It cannot be brought back."),
        gettext("Delete domain"), list(_goes(request.actor, found)), typed=found.unicode,
    )  # fmt: skip
    return question_page(
        request, "domains.delete", {"domain": found.name},
        below_domain(request, found, gettext("Delete %(name)s?") % {"name": found.unicode}), question,
        to=back, cancel=reverse("domains:domain", args=[domain]),
        message=gettext("%(name)s was deleted.") % {"name": found.unicode},
    )  # fmt: skip


def _goes(actor: Actor, domain: Domain) -> Iterator[str]:
    """What the slices above have in it, by the names of their collections."""
    yield gettext("its website with all settings and further names")
    n = _count(actor, domain, "mailboxes")
    if n:
        yield gettext("mailboxes with all mail: %(n)d") % {"n": n}
    n = _count(actor, domain, "addresses")
    if n:
        yield gettext("mail aliases and forwards: %(n)d") % {"n": n}
    yield gettext("its DNS zone")


def _count(actor: Actor, domain: Domain, name: str) -> int:
    if not may(actor, "mail.read", domain.place):
        return 0
    return rows_of(actor, name, Place(customer=domain.customer_id, domain=domain.name)).count()


@require_POST
def delete_many(request: PanelRequest) -> HttpResponse:
    """Those that were picked and that the actor may know."""
    rows = rows_of(request.actor, "domains").filter(name__in=picked_keys(request)).order_by("unicode")
    listed = [row for row in rows if may(request.actor, "domains.write", row.place)]
    picked = [Picked(row.name, row.unicode, gettext("deleted with its website, mail and DNS")) for row in listed]
    bulk = Bulk(
        bare("domains.delete", seen(request)), "domain", picked,
        gettext("Everything that hangs on these domains is deleted at once. It cannot be brought back."),
        gettext("Delete domains"), danger=True,
    )  # fmt: skip
    back = (
        reverse("domains:overview", args=[request.actor.customer]) if request.actor.customer else reverse("domains:all")
    )
    head = Head(gettext("Delete domains?"), crumbs=(Link(gettext("Domains"), back),))
    return bulk_page(request, bulk, head, to=back, message=gettext("The domains were deleted."), cancel=back)
