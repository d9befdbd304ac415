"""Pages on which a request is confirmed: by a code that is mailed, or by a second factor that is shown to the panel."""

from dataclasses import replace
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.queries import User, name_of
from gasthof.slices.requests import forms, rules, wording
from gasthof.slices.requests.models import Request
from gasthof.slices.requests.queries import CONFIRM, in_person
from gasthof.slices.requests.views import foreseen, head_of, one, shown_or_sent
from gasthof.ui.pages import Question, bare, form_page, posted, question_page
from gasthof.ui.request import PanelRequest, language_of
from gasthof.ui.shell import Link, show

SPENT = "requests.factor_spent"  # in a session: when the second factor was shown that confirmed something already


def _draft(request: PanelRequest, number: int) -> Request:
    """Nobody confirms in another's place."""
    found = one(request, number, CONFIRM)
    if not in_person(request.actor):
        raise PermissionDenied
    return found


def _at(number: int) -> str:
    return reverse("requests:request", args=[number])


@shown_or_sent
def send_code(request: PanelRequest, number: int) -> HttpResponse:
    found = _draft(request, number)
    question = Question(
        _("It goes to your e-mail address, and is good for %(minutes)d minutes.") % {"minutes": rules.LIFETIME.seconds // 60},
        _("Send the code"), calm=True,
    )  # fmt: skip
    return question_page(
        request, "requests.send_code", {"request": number},
        head_of(request, found, _("Confirm %(number)s by a code?") % {"number": found}, Link(str(found), _at(number))), question,
        to=reverse("requests:confirm", args=[number]), cancel=_at(number), message=_("The code is on its way."),
    )  # fmt: skip


@shown_or_sent
def confirm(request: PanelRequest, number: int) -> HttpResponse:
    found = _draft(request, number)
    return form_page(
        request, forms.Confirm(posted(request), fixed={"request": number}),
        head_of(request, found, _("Confirm %(number)s") % {"number": found}, Link(str(found), _at(number))),
        submit=_("Confirm"), to=_at(number), cancel=_at(number), message=_("It is confirmed."),
        template="requests/confirm.html",
        context={"contents": wording.contents(found), "course": foreseen(found), "again": reverse("requests:send_code", args=[number])},
    )  # fmt: skip


@shown_or_sent
def factor(request: PanelRequest, number: int) -> HttpResponse:
    """Shown since the request was written down or changed last, and good for one request."""
    found, user = _draft(request, number), request.user
    if not isinstance(user, User):
        raise PermissionDenied
    shown_at = _factor_shown(request, user, found)
    if not shown_at:
        return _to_factor(user, request)
    fixed = {"request": number, "user": user.pk, "seen": request.POST.get("seen", "")}
    form = bare("requests.vouch", posted(request), fixed)
    if form.is_bound:
        actor = replace(SYSTEM, name=name_of(user), language=language_of(request))
        try:
            perform(actor, "requests.vouch", fixed)
        except ActionRefused as refusal:
            form.refuse(refusal)
        else:
            request.session[SPENT] = shown_at
            return HttpResponseRedirect(_at(number), status=303)
    question = Question(_("It is confirmed by the second factor that you have just shown."), _("Confirm"))
    head = head_of(request, found, _("Confirm %(number)s") % {"number": found}, Link(str(found), _at(number)))
    context = {
        "form": form, "question": question, "cancel": _at(number), "contents": wording.contents(found), "course": foreseen(found),
        "seen": found.contents.hex(),
    }  # fmt: skip
    return show(request, "requests/factor.html", head, context, status=form.status)


def _factor_shown(request: HttpRequest, user: User, row: Request) -> float:
    """When, in seconds since 1970; 0: not for this request."""
    now = SYSTEM_CLOCKS.wall.now().timestamp()
    records: list[dict[str, Any]] = get_authentication_records(request, user)
    times = [each["at"] for each in records if each.get("method") == "mfa" and each.get("reauthenticated")]
    last = max(times, default=0.0)
    fresh = last > row.written.timestamp() and now - last < rules.LIFETIME.total_seconds()
    return last if fresh and last != request.session.get(SPENT) else 0.0


def _to_factor(user: User, request: HttpRequest) -> HttpResponse:
    """To allauth's page; where they have no second factor, to the code."""
    ways = [each["url"] for each in get_adapter().get_reauthentication_methods(user) if each["id"].startswith("mfa")]
    if not ways:
        return HttpResponseRedirect(request.path.removesuffix("factor") + "code")
    return HttpResponseRedirect(f"{ways[0]}?{urlencode({'next': request.path})}")
