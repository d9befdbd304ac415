"""Pages around signing in that allauth has not: one-time links, a forgotten password, one's own account."""

from datetime import datetime

from allauth.account.forms import SetPasswordForm
from allauth.account.internal.flows.password_change import finalize_password_set
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from procrastinate.contrib.django import app

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.access import links, own, rules
from gasthof.slices.access.forms import ForgottenForm, NewAddressForm, ProfileForm
from gasthof.slices.access.middleware import finds_out
from gasthof.slices.access.models import OneTimeLink, User
from gasthof.slices.access.record import note

MAY_SET = "access.may_set_password"  # in a session: whose password, until when
shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def _now() -> datetime:
    return SYSTEM_CLOCKS.wall.now()


@finds_out
@login_not_required
@shown_or_sent
def password_link(request: HttpRequest, token: str) -> HttpResponse:
    """Opening it shows whom it is for; its button spends it, and asks for the second factor where there is one."""
    if request.method != "POST":
        link = links.find(OneTimeLink.PASSWORD, token, _now())
        return _worthless(request) if link is None else render(request, "access/link.html", {"person": link.user})
    user = _spend(request, token)
    if user is None:
        return _worthless(request)
    request.session.flush()  # whatever was begun in this browser, by whomever
    request.session[MAY_SET] = [user.pk, (_now() + rules.TO_SET_A_PASSWORD).timestamp()]
    answer: HttpResponse = perform_login(request, user, redirect_url=reverse("account_set_password"))
    return answer


def _spend(request: HttpRequest, token: str) -> User | None:
    with transaction.atomic():
        link = links.spend(OneTimeLink.PASSWORD, token, _now())
        if link is None:
            return None
        note(link.user, "access.link_spent", request)
        return link.user


def _worthless(request: HttpRequest) -> HttpResponse:
    return render(request, "access/link_worthless.html", status=404)


@finds_out
@login_not_required
@shown_or_sent
def address_link(request: HttpRequest, token: str) -> HttpResponse:
    if request.method != "POST":
        link = links.find(OneTimeLink.EMAIL, token, _now())
        return _worthless(request) if link is None else render(request, "access/address_link.html", {"link": link})
    if not own.confirm_address(token):
        return _worthless(request)
    messages.success(
        request, gettext("Your e-mail address has been changed. Please sign in with the new one from now on.")
    )
    return redirect("access_account" if request.user.is_authenticated else "account_login")


@finds_out
@sensitive_post_parameters("password1", "password2")
@shown_or_sent
def set_password(request: HttpRequest) -> HttpResponse:
    """For whoever came by a link, for a quarter of an hour. Others know their password, and change it."""
    user = _person(request)
    if not _may_set(request, user):
        return redirect("account_change_password" if user.has_usable_password() else "account_reset_password")
    form = SetPasswordForm(user=user, data=request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/password_set.html", {"form": form})
    form.save()
    del request.session[MAY_SET]
    finalize_password_set(request, user)
    return redirect("start")


def _may_set(request: HttpRequest, user: User) -> bool:
    whose, until = request.session.get(MAY_SET, (None, 0))
    return bool(whose == user.pk and _now().timestamp() < until)


def _person(request: HttpRequest) -> User:
    """Whoever is signed in: the middleware lets nobody else come so far."""
    assert isinstance(request.user, User)
    return request.user


@login_not_required
@shown_or_sent
def forgotten(request: HttpRequest) -> HttpResponse:
    """The same answer, in the same time, for addresses that there are and that there are not."""
    form = ForgottenForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/password_reset.html", {"form": form})
    address = form.cleaned_data["email"]
    if not ratelimit.consume(request, action="reset_password", key=address):
        answer: HttpResponse = ratelimit.respond_429(request)
        return answer
    app.configure_task("access.forgotten").defer(address=str(address))
    return render(request, "account/password_reset_done.html", {"address": address.shown})


@finds_out
@shown_or_sent
def account(request: HttpRequest) -> HttpResponse:
    """One's own name and language, and the ways to all else that is one's own."""
    user = _person(request)
    form = ProfileForm(request.POST or None, initial={"name": user.name, "language": user.language})
    if request.method == "POST" and form.is_valid():
        own.change_profile(user, form.cleaned_data["name"], form.cleaned_data["language"])
        return redirect("access_account")
    factors = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).count()
    sessions = len(UserSession.objects.purge_and_list(user))
    return render(
        request, "access/account.html", {"form": form, "person": user, "factors": factors, "sessions": sessions}
    )


@finds_out
@shown_or_sent
def new_address(request: HttpRequest) -> HttpResponse:
    """Asks for a password again first: whoever has the address has the account."""
    raise_if_reauthentication_required(request, app="allauth.account")
    form = NewAddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "access/new_address.html", {"form": form})
    own.ask_for_address(_person(request), form.cleaned_data["email"])
    return render(request, "access/new_address_asked.html", {"address": form.cleaned_data["email"].shown})


@finds_out
@require_http_methods(["POST"])
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """One of one's own."""
    for session in UserSession.objects.filter(user=_person(request), pk=number):
        session.end()
        note(_person(request), "access.session_ended", request)
    return redirect("usersessions_list")
