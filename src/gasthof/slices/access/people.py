"""Pages about people who sign in: a customer's users, operators, and acting in a customer's place."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gasthof.kernel import audit, rows
from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.call import Call
from gasthof.kernel.permissions import Actor, Place
from gasthof.slices.access import people_forms as forms
from gasthof.slices.access import queries
from gasthof.slices.access.middleware import ACTING
from gasthof.slices.access.models import Assignment, User
from gasthof.slices.accounts.queries import Customer, seen_customer
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.ui import objects
from gasthof.ui.fields import StrOrPromise
from gasthof.ui.lists import Column, Empty, Listing, list_page
from gasthof.ui.menu import Place as Standing
from gasthof.ui.objects import may, posted
from gasthof.ui.pages import Question, form_page, question_page
from gasthof.ui.parts import Fact, State, state
from gasthof.ui.performing import After, perform_calls
from gasthof.ui.request import PanelRequest, actor_of
from gasthof.ui.shell import Head, Link, show

MEMBERS, OPERATORS = "access.members", "access.operators"
MOST_PLACES = 200  # of each sort to choose from
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Step:
    """Something that is done with a person at the press of a button, after a question."""

    verb: str
    title: StrOrPromise
    sentence: StrOrPromise
    button: StrOrPromise
    said: StrOrPromise


STEPS = {
    "send-link": Step(
        "access.send_link", gettext_lazy("Send %(name)s a link to choose a password?"),
        gettext_lazy("It goes to their e-mail address. Earlier links are worth nothing then."),
        gettext_lazy("Send the link"), gettext_lazy("The link is on its way."),
    ),
    "end-sessions": Step(
        "access.end_sessions", gettext_lazy("Sign %(name)s out everywhere?"),
        gettext_lazy("They have to sign in again wherever they are signed in."),
        gettext_lazy("Sign out everywhere"), gettext_lazy("They are signed out everywhere."),
    ),
    "deactivate": Step(
        "access.deactivate", gettext_lazy("Block %(name)s?"),
        gettext_lazy("They are signed out, and cannot sign in until you let them in again. Their roles stay."),
        gettext_lazy("Block"), gettext_lazy("They cannot sign in any more."),
    ),
    "activate": Step(
        "access.activate", gettext_lazy("Let %(name)s in again?"),
        gettext_lazy("They sign in with the password that they had."),
        gettext_lazy("Let in again"), gettext_lazy("They can sign in again."),
    ),
    "remove": Step(
        "access.remove_user", gettext_lazy("Remove %(name)s?"),
        gettext_lazy("They cannot sign in any more. What they did stays, and stays in the audit trail."),
        gettext_lazy("Remove user"), gettext_lazy("They were removed."),
    ),
    "reset-factors": Step(
        "access.reset_factors", gettext_lazy("Remove the second factors of %(name)s?"),
        gettext_lazy("For people who lost their device. From then on their password alone is enough."),
        gettext_lazy("Remove second factors"), gettext_lazy("The second factors were removed."),
    ),
}  # fmt: skip


def customer_of(actor: Actor, number: int, permission: str = MEMBERS) -> Customer:
    found = seen_customer(number)
    if found is None:
        raise Http404
    objects.check(actor, permission, found.place)
    return found


def head_of(customer: Customer, title: str, *crumbs: Link, **how: Any) -> Head:
    place = Standing(customer.number, customer.place, customer.name)
    return Head(
        title, place, (Link(customer.name, reverse("accounts:customer", args=[customer.number])), *crumbs), **how
    )


def _house(title: str, *crumbs: Link, **how: Any) -> Head:
    return Head(title, crumbs=crumbs, **how)


def _person(actor: Actor, customer: int | None, number: int) -> User:
    found = queries.person(number)
    if found is None or found.customer_id != customer:
        raise Http404
    objects.check(actor, MEMBERS if customer else OPERATORS, found.place)
    return found


def _at(user: User) -> str:
    if user.customer_id is None:
        return reverse("access_operator", args=[user.pk])
    return reverse("access_person", args=[user.customer_id, user.pk])


def _list(user: User) -> str:
    return reverse("access_users", args=[user.customer_id]) if user.customer_id else reverse("access_operators")


def _head(user: User, title: str, *crumbs: Link, **how: Any) -> Head:
    if user.customer is None:
        return _house(title, Link(_("Operators"), _list(user)), *crumbs, **how)
    return head_of(user.customer, title, Link(_("Users"), _list(user)), *crumbs, **how)


def _state(user: User) -> State:
    if not user.active:
        return State(_("blocked"), "warn", "circle-pause")
    if not user.has_usable_password():
        return State(_("invited"), "info", "mail")
    return state("active")


def _roles(user: User) -> str:
    return ", ".join(_role(each) for each in user.assignments.all()) or _("none yet")


def _role(row: Assignment) -> str:
    """What, and where if not everywhere."""
    place = queries.where(row)
    return f"{forms.role_name(row.role_name)} ({place})" if place else forms.role_name(row.role_name)


def _people(within: Place, empty: Empty, *, kind: str = "") -> Listing[User]:
    return Listing(
        name="people",
        rows=objects.listed("users", within, ("email",), **({"kind": kind} if kind else {})),
        key=lambda row, _sort: (row.email,),
        columns=(
            Column("name", _("Name"), lambda row: row.name),
            Column("email", _("E-mail address"), lambda row: row.address),
            *((Column("roles", _("Roles"), _roles),) if not kind else ()),
            Column("state", _("State"), _state),
        ),
        link=_at,
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
    head = head_of(found, _("Users"), action=Link(_("Invite somebody"), add, "user-plus"))
    person: Any = request.user
    acts = queries.acting_for(person, found.number) is not None and not hasattr(request, "acting")
    return list_page(request, listing, head, "access/users.html", {"customer": found, "acts": acts})


@require_safe
def operators(request: PanelRequest) -> HttpResponse:
    objects.check(request.actor, OPERATORS, None)
    add = reverse("access_add_operator")
    listing = _people(Place(), Empty(_("Nobody yet"), "", icon="users"), kind=User.OPERATOR)
    return list_page(request, listing, _house(_("Operators"), action=Link(_("Add an operator"), add, "user-plus")))


@shown_or_sent
def add_operator(request: PanelRequest) -> HttpResponse:
    objects.check(request.actor, OPERATORS, None)
    form = forms.AddOperator(posted(request), initial={"mail": True, "language": "de"})
    back = reverse("access_operators")
    return form_page(
        request, form, _house(_("Add an operator"), Link(_("Operators"), back)), submit=_("Add operator"),
        to=back, cancel=back, message=lambda outcome: _("%(name)s can sign in now.") % {"name": outcome.result["name"]},
    )  # fmt: skip


def _places(customer: Customer) -> list[tuple[str, str]]:
    """What a role can be limited to; a mailbox is typed."""
    rows = Subscription.objects.filter(customer=customer).order_by("number")[:MOST_PLACES]
    named = [(f"subscription:{each.system_name}", _("only in %(name)s") % {"name": each.system_name}) for each in rows]
    domains = Domain.objects.filter(customer=customer).order_by("unicode")[:MOST_PLACES]
    return named + [(f"domain:{each.name}", _("only with %(name)s") % {"name": each.unicode}) for each in domains]


def _offer(form: forms.Invite | forms.Assign, customer: Customer) -> None:
    own = [each.name for each in queries.roles_of(customer.number)]
    none = [("", _("no role yet"))] if isinstance(form, forms.Invite) else []
    form.offer([*none, *forms.role_choices(own)], _places(customer))


@shown_or_sent
def invite(request: PanelRequest, customer: int) -> HttpResponse:
    """Lets somebody in and gives them a role, in one transaction."""
    found = customer_of(request.actor, customer)
    fixed = {"customer": found.number, "mail": "yes"}
    form = forms.Invite(posted(request), fixed=fixed, initial={"language": found.language})
    _offer(form, found)
    back = reverse("access_users", args=[found.number])
    if form.is_bound and not form.errors:
        message = _("%(name)s is invited: a link is on its way to them.") % {"name": form.cleaned_data["name"]}
        answer = perform_calls(request, form, form.calls(), After(back, message))
        if answer:
            return answer
    head = head_of(found, _("Invite somebody"), Link(_("Users"), back))
    context = {"form": form, "submit": _("Invite"), "cancel": back}
    return show(request, "ui/form_page.html", head, context, status=form.status)


@require_safe
def person(request: PanelRequest, user: int, customer: int | None = None) -> HttpResponse:
    found = _person(request.actor, customer, user)
    rows = Assignment.objects.filter(user=found).select_related("role").order_by("pk")
    route = "access_ask" if customer else "access_ask_operator"
    ask = partial(_ask_at, route, found)
    context = {
        "person": found,
        "state": _state(found),
        "roles": [(forms.role_name(each.role_name), queries.where(each), each.pk) for each in rows],
        "facts": [
            Fact(_("E-mail address"), found.address),
            Fact(_("Language"), dict(forms.LANGUAGES).get(found.language, found.language), copy=False),
        ],
        "steps": [
            (_("Send a link to choose a password"), ask("send-link"), "mail"),
            (_("Sign out everywhere"), ask("end-sessions"), "log-out"),
            (_("Block"), ask("deactivate"), "circle-pause") if found.active else (_("Let in again"), ask("activate"), "circle-check"),
            *([(_("Remove second factors"), ask("reset-factors"), "shield-off")] if may(request.actor, OPERATORS, None) else []),
            (_("Remove user"), ask("remove"), "trash-2"),
        ],
    }  # fmt: skip
    return show(request, "access/person.html", _head(found, found.name), context)


def _ask_at(route: str, user: User, what: str) -> str:
    where = [user.customer_id, user.pk] if user.customer_id else [user.pk]
    return reverse(route, args=[*where, what])


@shown_or_sent
def change(request: PanelRequest, customer: int, user: int) -> HttpResponse:
    found = _person(request.actor, customer, user)
    before = {"name": found.name, "email": found.address, "language": found.language}
    form = forms.ChangePerson(posted(request), fixed={"user": found.pk}, initial=before)
    return form_page(
        request, form, _head(found, _("Change %(name)s") % {"name": found.name}, Link(found.name, _at(found))),
        submit=_("Save"), to=_at(found), cancel=_at(found), message=_("The user was changed."),
    )  # fmt: skip


@shown_or_sent
def assign(request: PanelRequest, customer: int, user: int) -> HttpResponse:
    found = _person(request.actor, customer, user)
    form = forms.Assign(posted(request), fixed={"user": found.pk})
    _offer(form, customer_of(request.actor, customer))
    return form_page(
        request, form, _head(found, _("Give a role"), Link(found.name, _at(found))),
        submit=_("Give role"), to=_at(found), cancel=_at(found), message=_("The role was given."),
    )  # fmt: skip


@shown_or_sent
def withdraw(request: PanelRequest, customer: int, user: int, assignment: int) -> HttpResponse:
    found = _person(request.actor, customer, user)
    row = Assignment.objects.filter(user=found, pk=assignment).select_related("role").first()
    if row is None:
        raise Http404
    title = _("Take the role %(role)s back?") % {"role": _role(row)}
    sentence = _("%(name)s can no longer do what it allows.") % {"name": found.name}
    return question_page(
        request, "access.withdraw", {"assignment": row.pk}, _head(found, title, Link(found.name, _at(found))),
        Question(sentence, _("Take back")), to=_at(found), cancel=_at(found), message=_("The role was taken back."),
    )  # fmt: skip


@shown_or_sent
def ask(request: PanelRequest, user: int, what: str, customer: int | None = None) -> HttpResponse:
    """A question before each of STEPS."""
    found = _person(request.actor, customer, user)
    step = STEPS.get(what)
    if step is None:
        raise Http404
    if step.verb == "access.reset_factors" and not may(request.actor, OPERATORS, None):
        raise PermissionDenied
    to = _list(found) if what == "remove" else _at(found)
    return question_page(
        request, step.verb, {"user": found.pk},
        _head(found, str(step.title) % {"name": found.name}, Link(found.name, _at(found))),
        Question(step.sentence, step.button), to=to, cancel=_at(found), message=str(step.said),
    )  # fmt: skip


@require_POST
def act(request: HttpRequest, customer: int) -> HttpResponse:
    """Begin to act in a customer's place. Nobody does so twice over: that was begun as themselves."""
    user = request.user
    if hasattr(request, "acting") or not isinstance(user, User):
        raise PermissionDenied
    found = queries.acting_for(user, customer)
    if found is None:
        raise Http404
    _note(actor_of(request), "access.act_as", found)
    request.session[ACTING] = found.number
    return redirect("start")


@require_POST
def stop_acting(request: HttpRequest) -> HttpResponse:
    customer = getattr(request, "acting", None)
    request.session.pop(ACTING, None)
    if customer is not None:
        _note(actor_of(request), "access.stop_acting", customer)
    return redirect("start")


def _note(actor: Actor, what: str, customer: Customer) -> None:
    call = Call(actor, SYSTEM_CLOCKS)
    with rows.staff():
        audit.entry(call, what, (customer.name, customer.place), {"customer": customer.number}, "done").save()
