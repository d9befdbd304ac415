"""Pages about one person who signs in: at a glance, changed, given roles, and what is done at the press of a button."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gasthof.kernel.permissions import Actor
from gasthof.slices.access import people_forms as forms
from gasthof.slices.access import queries
from gasthof.slices.access.models import Assignment, User
from gasthof.slices.access.people import MEMBERS, OPERATORS, at, customer_of, in_words, offer, shown_or_sent, state_of
from gasthof.ui.fields import StrOrPromise
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.parts import Fact
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head, Link, show
from gasthof.ui.standing import below_customer, check, may


@dataclass(frozen=True)
class Step:
    """Something that is done with a person at the press of a button, after a question."""

    verb: str
    title: StrOrPromise
    sentence: StrOrPromise
    button: StrOrPromise
    said: StrOrPromise
    calm: bool = False


STEPS = {
    "send-link": Step(
        "access.send_link", gettext_lazy("Send %(name)s a link to choose a password?"),
        gettext_lazy("It goes to their e-mail address. Earlier links are worth nothing then."),
        gettext_lazy("Send the link"), gettext_lazy("The link is on its way."), calm=True,
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
        gettext_lazy("Let in again"), gettext_lazy("They can sign in again."), calm=True,
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


def _person(actor: Actor, customer: int | None, number: int) -> User:
    found = queries.person(number)
    if found is None or found.customer_id != customer:
        raise Http404
    check(actor, MEMBERS if customer else OPERATORS, found.place)
    return found


def _list(user: User) -> str:
    return reverse("access_users", args=[user.customer_id]) if user.customer_id else reverse("access_operators")


def _head(request: PanelRequest, user: User, title: str, *crumbs: Link, **how: Any) -> Head:
    if user.customer is None:
        return Head(title, crumbs=(Link(_("Operators"), _list(user)), *crumbs), **how)
    return below_customer(request, user.customer, title, Link(_("Users"), _list(user)), *crumbs, **how)


@require_safe
def person(request: PanelRequest, user: int, customer: int | None = None) -> HttpResponse:
    found = _person(request.actor, customer, user)
    rows = Assignment.objects.filter(user=found).select_related("role").order_by("pk")
    route = "access_ask" if customer else "access_ask_operator"
    ask = partial(_ask_at, route, found)
    context = {
        "person": found,
        "state": state_of(found),
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
    return show(request, "access/person.html", _head(request, found, found.name), context)


def _ask_at(route: str, user: User, what: str) -> str:
    where = [user.customer_id, user.pk] if user.customer_id else [user.pk]
    return reverse(route, args=[*where, what])


@shown_or_sent
def change(request: PanelRequest, customer: int, user: int) -> HttpResponse:
    found = _person(request.actor, customer, user)
    before = {"name": found.name, "email": found.address, "language": found.language}
    form = forms.ChangePerson(posted(request), fixed={"user": found.pk}, initial=before)
    return form_page(
        request, form, _head(request, found, _("Change %(name)s") % {"name": found.name}, Link(found.name, at(found))),
        submit=_("Save"), to=at(found), cancel=at(found), message=_("The user was changed."),
    )  # fmt: skip


@shown_or_sent
def assign(request: PanelRequest, customer: int, user: int) -> HttpResponse:
    found = _person(request.actor, customer, user)
    form = forms.Assign(posted(request), fixed={"user": found.pk})
    offer(form, customer_of(request.actor, customer))
    return form_page(
        request, form, _head(request, found, _("Give a role"), Link(found.name, at(found))),
        submit=_("Give role"), to=at(found), cancel=at(found), message=_("The role was given."),
    )  # fmt: skip


@shown_or_sent
def withdraw(request: PanelRequest, customer: int, user: int, assignment: int) -> HttpResponse:
    found = _person(request.actor, customer, user)
    row = Assignment.objects.filter(user=found, pk=assignment).select_related("role").first()
    if row is None:
        raise Http404
    title = _("Take the role %(role)s back?") % {"role": in_words(row)}
    sentence = _("%(name)s can no longer do what it allows.") % {"name": found.name}
    return question_page(
        request, "access.withdraw", {"assignment": row.pk}, _head(request, found, title, Link(found.name, at(found))),
        Question(sentence, _("Take back")), to=at(found), cancel=at(found), message=_("The role was taken back."),
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
    to = _list(found) if what == "remove" else at(found)
    return question_page(
        request, step.verb, {"user": found.pk},
        _head(request, found, str(step.title) % {"name": found.name}, Link(found.name, at(found))),
        Question(step.sentence, step.button, calm=step.calm), to=to, cancel=at(found), message=str(step.said),
    )  # fmt: skip
