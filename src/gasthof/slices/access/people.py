"""Pages about people who sign in: a customer's users, operators, and how somebody is let in."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.access import people_forms as forms
from gasthof.slices.access import queries
from gasthof.slices.access.models import Assignment, User
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.pages import form_page, posted
from gasthof.ui.parts import State, state
from gasthof.ui.performing import After, perform_calls
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.sources import Source
from gasthof.ui.standing import below_customer, check, reached

MEMBERS, OPERATORS = "access.members", "access.operators"
MOST_PLACES = 200  # of each sort to choose from
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def customer_of(actor: Actor, number: int, permission: str = MEMBERS) -> Customer:
    return reached(actor, seen_customer(number), permission)


def at(user: User) -> str:
    if user.customer_id is None:
        return reverse("access_operator", args=[user.pk])
    return reverse("access_person", args=[user.customer_id, user.pk])


def state_of(user: User) -> State:
    if not user.active:
        return State(_("blocked"), "warn", "circle-pause")
    if not user.has_usable_password():
        return State(_("invited"), "info", "mail")
    return state("active")


def in_words(row: Assignment) -> str:
    """What, and where if not everywhere."""
    place = queries.where(row)
    return f"{forms.role_name(row.role_name)} ({place})" if place else forms.role_name(row.role_name)


def _roles(user: User) -> str:
    return ", ".join(in_words(each) for each in user.assignments.all()) or _("none yet")


def _people(within: Place, empty: Empty, *, kind: str = "") -> Listing[User]:
    source = Source("users", {"": ("email",)}, within, lambda rows: rows.filter(kind=kind) if kind else rows)
    return Listing(
        name="people",
        rows=source.rows,
        key=source.key,
        columns=(
            Column("name", _("Name"), lambda row: row.name),
            Column("email", _("E-mail address"), lambda row: row.address),
            *((Column("roles", _("Roles"), _roles),) if not kind else ()),
            Column("state", _("State"), state_of),
        ),
        link=at,
        search=_("Search people"),
        empty=empty,
    )


@require_safe
def users(request: PanelRequest, customer: int) -> HttpResponse:
    found = customer_of(request.actor, customer)
    add = reverse("access_invite", args=[found.number])
    sentence = _("Invite somebody who is to look after websites, mail or invoices, with a password of their own.")
    empty = Empty(_("Nobody yet"), sentence, _("Invite somebody"), add, "users")
    listing = _people(Place(customer=found.number), empty)
    head = below_customer(request, found, _("Users"), action=Link(_("Invite somebody"), add, "user-plus"))
    person: Any = request.user
    acts = queries.acting_for(person, found.number) is not None and not hasattr(request, "acting")
    return list_page(request, listing, head, "access/users.html", {"customer": found, "acts": acts})


@require_safe
def operators(request: PanelRequest) -> HttpResponse:
    check(request.actor, OPERATORS, None)
    add = reverse("access_add_operator")
    listing = _people(Place(), Empty(_("Nobody yet"), "", icon="users"), kind=User.OPERATOR)
    return list_page(request, listing, Head(_("Operators"), action=Link(_("Add an operator"), add, "user-plus")))


@shown_or_sent
def add_operator(request: PanelRequest) -> HttpResponse:
    check(request.actor, OPERATORS, None)
    form = forms.AddOperator(posted(request), initial={"mail": True, "language": "de"})
    back = reverse("access_operators")
    return form_page(
        request, form, Head(_("Add an operator"), crumbs=(Link(_("Operators"), back),)), submit=_("Add operator"),
        to=back, cancel=back, message=lambda outcome: _("%(name)s can sign in now.") % {"name": outcome.result["name"]},
    )  # fmt: skip


def _places(customer: Customer) -> list[tuple[str, str]]:
    """What a role can be limited to; a mailbox is typed."""
    rows = Subscription.objects.filter(customer=customer).order_by("number")[:MOST_PLACES]
    named = [(f"subscription:{each.system_name}", _("only in %(name)s") % {"name": each.system_name}) for each in rows]
    domains = Domain.objects.filter(customer=customer).order_by("unicode")[:MOST_PLACES]
    return named + [(f"domain:{each.name}", _("only with %(name)s") % {"name": each.unicode}) for each in domains]


def offer(form: forms.Invite | forms.Assign, customer: Customer) -> None:
    own = [each.name for each in queries.roles_of(customer.number)]
    none = [("", _("no role yet"))] if isinstance(form, forms.Invite) else []
    form.offer([*none, *forms.role_choices(own)], _places(customer))


@shown_or_sent
def invite(request: PanelRequest, customer: int) -> HttpResponse:
    """Lets somebody in and gives them a role, in one transaction."""
    found = customer_of(request.actor, customer)
    fixed = {"customer": found.number, "mail": "yes"}
    form = forms.Invite(posted(request), fixed=fixed, initial={"language": found.language})
    offer(form, found)
    back = reverse("access_users", args=[found.number])
    if form.is_bound and not form.errors:
        message = _("%(name)s is invited: a link is on its way to them.") % {"name": form.cleaned_data["name"]}
        answer = perform_calls(request, form, form.calls(), After(back, message))
        if answer:
            return answer
    head = below_customer(request, found, _("Invite somebody"), Link(_("Users"), back))
    context = {"form": form, "submit": _("Invite"), "cancel": back}
    return show(request, "ui/form_page.html", head, context, status=form.status)
