"""Pages of customers."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel import registry
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.accounts.forms import LANGUAGES, ChangeCustomer, CreateCustomer, SetReseller
from gasthof.slices.accounts.queries import Customer, reseller_of
from gasthof.ui import menu, parts
from gasthof.ui.changes import Undo
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import form_page, posted
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import at_customer, below_customer, known, may, permit, seen, way

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])
SOME = 8  # subscriptions on a customer's own page


@require_safe
def customers(request: PanelRequest) -> HttpResponse:
    """The house's, or a reseller's own."""
    permit_house(request)
    new = reverse("accounts:create")
    source = Source("customers", {"name": ("name", "number")})
    listing = Listing[Customer](
        name="customers", rows=source.rows, key=source.key,
        columns=(
            Column("name", gettext("Name"), lambda row: row.name, sort=True),
            Column("number", gettext("Number"), lambda row: row.number, number=True),
            Column("language", gettext("Language"), lambda row: LANGUAGES[row.language]),
            Column("sort", gettext("Kind"), _sort),
        ),
        link=lambda row: reverse("accounts:customer", args=[row.number]),
        search=gettext("Search customers"),
        empty=Empty(gettext("No customer yet"), gettext("A customer is a person or company; subscriptions, domains and users are theirs."),
                    gettext("Create customer"), new, "users"),
    )  # fmt: skip
    return list_page(
        request, listing, Head(gettext("Customers"), action=Link(gettext("Create customer"), new, "user-plus"))
    )


def permit_house(request: PanelRequest) -> None:
    """Lists of many customers are for who may take on some."""
    permit(request, "accounts.manage", Place(customer=request.actor.customer) if request.actor.customer else None)


def _sort(customer: Customer) -> str:
    return gettext("Reseller") if customer.resells else gettext("Customer")


@shown_or_sent
def create(request: PanelRequest) -> HttpResponse:
    permit_house(request)
    back = reverse("accounts:customers")
    return form_page(
        request, CreateCustomer(posted(request), initial={"language": "de"}),
        Head(gettext("Create customer"), crumbs=(Link(gettext("Customers"), back),)),
        submit=gettext("Create customer"), cancel=back,
        to=lambda outcome: reverse("accounts:customer", args=[outcome.result["customer"]]),
        message=lambda outcome: gettext("%(name)s is a customer now.") % {"name": outcome.result["name"]},
    )  # fmt: skip


@require_safe
def customer(request: PanelRequest, customer: int) -> HttpResponse:
    """One customer at a glance."""
    found: Customer = known(request, "customers", number=customer)
    place = at_customer(found)
    changes = may(request.actor, "accounts.write", found.place)
    action = (
        Link(gettext("Change customer"), reverse("accounts:change", args=[customer]), "pencil") if changes else None
    )
    head = Head(found.name, place, way(request.actor, place, "house"), action)
    context = {
        "customer": found,
        "facts": _facts(found),
        "doors": [door for door in menu.doors(request.actor, place, "customer") if door.url != request.path],
        "subscriptions": _subscriptions(request.actor, found),
        "opens": may(request.actor, "subscriptions.manage", found.place),
        "cards": list(reversed(registry.cards(request.actor, found))),  # what waits for somebody ahead
        "resells": may(request.actor, "accounts.resellers", found.place),
    }
    return show(request, "accounts/customer.html", head, context)


def _facts(customer: Customer) -> list[parts.Fact]:
    after = reseller_of(customer) or gettext("the house itself")
    return [
        parts.Fact(gettext("Customer number"), str(customer.number)),
        parts.Fact(gettext("Language"), LANGUAGES[customer.language], copy=False),
        parts.Fact(gettext("Kind"), _sort(customer), copy=False),
        parts.Fact(gettext("Looked after by"), after, copy=False),
    ]


def _subscriptions(actor: Actor, customer: Customer) -> list[Any]:
    """The first few, whichever slice keeps them."""
    if not may(actor, "subscriptions.read", customer.place):
        return []
    return list(seen(actor, "subscriptions", Place(customer=customer.number)).order_by("number")[:SOME])


@shown_or_sent
def change(request: PanelRequest, customer: int) -> HttpResponse:
    found: Customer = known(request, "customers", number=customer)
    permit(request, "accounts.write", found.place)
    before = {"name": found.name, "language": found.language}
    back = reverse("accounts:customer", args=[customer])
    return form_page(
        request, ChangeCustomer(posted(request), fixed={"customer": customer}, initial=before),
        below_customer(request, found, gettext("Change customer")),
        submit=gettext("Save"), to=back, cancel=back, message=gettext("The customer was changed."),
        undo=lambda _: Undo("accounts.change", {"customer": customer, **before}),
    )  # fmt: skip


@shown_or_sent
def set_reseller(request: PanelRequest, customer: int) -> HttpResponse:
    """For operators."""
    found: Customer = known(request, "customers", number=customer)
    permit(request, "accounts.resellers", found.place)
    initial = {"resells": found.resells, "reseller": str(found.reseller_id or "")}
    back = reverse("accounts:customer", args=[customer])
    before = {"resells": "yes" if found.resells else "no", "reseller": initial["reseller"]}
    return form_page(
        request, SetReseller(posted(request), fixed={"customer": customer}, initial=initial),
        below_customer(request, found, gettext("Reseller settings")),
        submit=gettext("Save"), to=back, cancel=back, message=gettext("The reseller settings were changed."),
        undo=lambda _: Undo("accounts.set_reseller", {"customer": customer, **before}),
    )  # fmt: skip
