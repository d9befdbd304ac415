"""Signing in and one's own account, page by page."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from tests.house import OPERATOR
from tests.people import (
    ADDRESS,
    PASSWORD,
    WRONG,
    browser,
    code,
    give_app,
    is_in,
    link_for,
    operator,
    page_of,
    send,
    sign_in,
    signed_in,
)

from gasthof.kernel.actions import perform
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import ANONYMOUS
from gasthof.kernel.sealing import unseal
from gasthof.slices.access import letters
from gasthof.slices.access.models import OutgoingMail, User
from gasthof.slices.access.queries import actor_of

pytestmark = pytest.mark.django_db


def recorded(verb: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb=f"access.{verb}").order_by("id"))


def told_of() -> list[str]:
    """What people were written to about, as it was recorded: under their own name, without a password."""
    told = recorded("tell_of_change")
    assert all(one.actor == one.object and one.fields["address"] == ADDRESS for one in told)
    return [one.fields["what"] for one in told]


def test_a_person_signs_in_and_out() -> None:
    user = operator()
    client = signed_in(user)
    assert is_in(client)
    assert [(one.actor, one.object, one.fields["from"], one.fields["by"]) for one in recorded("signed_in")] == [
        (f"user:{user.pk}", f"user:{user.pk}", ADDRESS, "password")
    ]
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie.key == "__Host-session" and cookie["secure"] and cookie["httponly"] and cookie["path"] == "/"
    assert cookie["samesite"] == "Lax" and not cookie["domain"] and not cookie["max-age"]
    send(client, "/sign-out/")
    assert not is_in(client)


@pytest.mark.parametrize("spelled", ["JUTTA@example.org", " jutta@EXAMPLE.org "])
def test_the_address_may_be_spelled_as_one_likes(spelled: str) -> None:
    operator()
    assert sign_in(browser(), spelled).status_code == 302


def test_an_address_with_an_umlaut_domain() -> None:
    operator("jutta@xn--bro-hoa.example")
    assert sign_in(browser(), "Jutta@Büro.example").status_code == 302


def test_pages_speak_the_persons_language_and_strangers_their_browsers() -> None:
    user = operator(language="de")
    client = signed_in(user)
    assert 'lang="de"' in client.get("/account/", headers={"accept-language": "en"}).content.decode()
    send(client, "/account/", name="Jutta", language="en")
    assert "<h1>Your account</h1>" in client.get("/account/", headers={"accept-language": "de"}).content.decode()
    for language, words in (("de", "Anmelden"), ("en", "Sign in")):
        page = browser().get("/sign-in/", headers={"accept-language": language}).content.decode()
        assert f"<h1>{words}</h1>" in page and "Remember" not in page


def test_a_language_chosen_in_a_pages_head_is_the_persons_own() -> None:
    user = operator(language="de")
    client = signed_in(user)
    assert '<html lang="de">' in client.get("/account/").content.decode()
    assert send(client, "/language", language="en", next="/account/").status_code == 303
    assert '<html lang="en">' in client.get("/account/").content.decode()
    assert '<html lang="en">' in signed_in(user).get("/account/").content.decode(), "on another machine, too"
    user.refresh_from_db()
    assert (user.language, user.name) == ("en", "Jutta Öz")
    send(client, "/language", language="fr", next="/account/")
    assert '<html lang="en">' in client.get("/account/").content.decode()


@pytest.mark.parametrize(
    "page", ["/account/e-mail/", "/account/second-factor/totp/activate/", "/account/second-factor/webauthn/add/"]
)
def test_who_has_nothing_to_confirm_by_chooses_a_password_first(page: str) -> None:
    """Came by a link, and went on without choosing one."""
    user = operator(password=None)
    client = browser()
    send(client, link_for(user))
    assert client.get(page)["Location"].partition("?")[0] == "/account/new-password/"
    send(client, "/account/new-password/", password1=PASSWORD, password2=PASSWORD)
    assert client.get(page)["Location"].partition("?")[0] == "/reauthenticate/"


def test_the_profile_takes_two_fields_only() -> None:
    user = operator()
    client = signed_in(user)
    send(
        client,
        "/account/",
        name=" Jutta  Groß ",
        language="en",
        kind="member",
        email="x@example.org",
        active="",
        customer="1",
    )
    user.refresh_from_db()
    assert (user.name, user.language, user.kind, user.email, user.active) == (
        "Jutta  Groß", "en", "operator", "jutta@example.org", True,
    )  # fmt: skip


def test_a_link_lets_in_to_choose_a_password() -> None:
    user = operator(password=None)
    path, client = link_for(user), browser()
    assert "jutta@example.org" in client.get(path).content.decode()
    answer = send(client, path)
    assert answer.status_code == 302 and answer["Location"] == "/account/new-password/"
    assert "gehören nicht" not in client.get("/account/new-password/").content.decode()
    refused = send(client, "/account/new-password/", password1="kurz", password2="kurz")
    assert refused.status_code == 200 and User.objects.get().has_usable_password() is False
    assert send(client, "/account/new-password/", password1=PASSWORD, password2=PASSWORD).status_code == 302
    assert is_in(client) and is_in(signed_in(user))
    assert send(browser(), path).status_code == 404
    assert [one.outcome for one in recorded("link_spent") + recorded("set_password")] == ["done", "done"]
    assert OutgoingMail.objects.filter(user=user).count() == 1


def test_only_a_link_lets_choose_a_password_without_the_old_one() -> None:
    client = signed_in(operator())
    assert send(client, "/account/new-password/", password1="x", password2="x")["Location"] == "/account/password/"


def test_another_persons_session_does_not_choose_the_password() -> None:
    """Somebody who is signed in spends another one's link: they are that other one then, or nobody."""
    mine, other = operator(), operator("other@example.org", password=None)
    client = signed_in(mine)
    send(client, link_for(other))
    send(client, "/account/new-password/", password1=PASSWORD, password2=PASSWORD)
    assert User.objects.get(pk=other.pk).check_password(PASSWORD)
    assert client.get("/account/").context["person"] == other


@pytest.mark.parametrize("password", ["kurz", "aaaaaaaaaaaaa", "password123", "jutta@example.org", "1234567890"])
def test_weak_passwords_are_refused(password: str) -> None:
    client = signed_in(operator())
    answer = send(client, "/account/password/", oldpassword=PASSWORD, password1=password, password2=password)
    assert answer.status_code == 200 and User.objects.get().check_password(PASSWORD)


def test_a_changed_password_ends_all_other_sessions() -> None:
    user = operator()
    here, there = signed_in(user), signed_in(user)
    wrong = send(here, "/account/password/", oldpassword=WRONG, password1=WRONG, password2=WRONG)
    assert wrong.status_code == 200 and is_in(there)
    send(here, "/account/password/", oldpassword=PASSWORD, password1=WRONG, password2=WRONG)
    assert is_in(here) and not is_in(there)
    assert told_of() == ["password_changed"]
    assert letters.notices()["password_changed"] and OutgoingMail.objects.filter(user=user).count() == 1


def test_one_sees_and_ends_ones_sessions() -> None:
    user = operator()
    here, there, third = signed_in(user), signed_in(user), signed_in(user)
    assert here.get("/account/sessions/").content.decode().count(ADDRESS) == 3
    key = there.cookies[settings.SESSION_COOKIE_NAME].value
    send(here, f"/account/sessions/{UserSession.objects.get(session_key=key).pk}/end/")
    assert is_in(here) and is_in(third) and not is_in(there)
    send(here, "/account/sessions/")
    assert is_in(here) and not is_in(third)


def test_nobody_ends_sessions_of_others() -> None:
    victim = signed_in(operator())
    session = UserSession.objects.get()
    send(signed_in(operator("other@example.org")), f"/account/sessions/{session.pk}/end/")
    assert is_in(victim)


@pytest.mark.parametrize("verb", ["access.deactivate", "access.end_sessions", "access.reset_factors"])
def test_a_verb_ends_sessions_for_good(verb: str) -> None:
    user = operator()
    client = signed_in(user)
    perform(OPERATOR, verb, {"user": user.email})
    assert not is_in(client)
    perform(OPERATOR, "access.activate", {"user": user.email})
    assert not is_in(client) and is_in(signed_in(user))


def test_who_is_deactivated_is_nobody() -> None:
    user = operator(active=False)
    assert actor_of(user) == ANONYMOUS
    assert sign_in(browser())["Location"] == "/inactive/"
    assert sign_in(browser(), password=WRONG).status_code == 200


def test_an_app_is_added_after_asking_again(django_capture_on_commit_callbacks: Any) -> None:
    user = operator()
    client = signed_in(user)
    path = "/account/second-factor/totp/activate/"
    asked = client.get(path)
    assert asked.status_code == 302 and asked["Location"].startswith("/reauthenticate/")
    assert send(client, asked["Location"], password=WRONG).status_code == 200
    assert send(client, asked["Location"], password=PASSWORD)["Location"] == path
    page = client.get(path).content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret and "<svg" in page and "data:" not in page and "style=" not in page
    with django_capture_on_commit_callbacks(execute=True):
        assert send(client, path, code=code(secret[1])).status_code == 302
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert kept != secret[1] and unseal(kept) == secret[1]
    assert told_of() == ["totp_activated"] and OutgoingMail.objects.filter(user=user).count() == 1


def test_a_code_is_asked_for_and_good_once() -> None:
    user = operator()
    secret = give_app(user)
    client = browser()
    assert sign_in(client)["Location"].endswith("/authenticate/") and not is_in(client)
    path = "/account/second-factor/authenticate/"
    assert send(client, path, code="000000").status_code == 200 and not is_in(client)
    given = code(secret)
    assert send(client, path, code=given).status_code == 302 and is_in(client)
    again = browser()
    sign_in(again)
    assert send(again, path, code=given).status_code == 200 and not is_in(again)
    assert [one.fields["by"] for one in recorded("signed_in")] == ["password, totp"]
    failed = recorded("second_factor_failed")
    assert len(failed) == 2 and {(one.actor, one.outcome) for one in failed} == {("anonymous", "denied")}


def test_a_recovery_code_is_good_once() -> None:
    user = operator()
    give_app(user)
    spare = RecoveryCodes.activate(user).get_unused_codes()[0]
    for worked in (True, False):
        client = browser()
        sign_in(client)
        send(client, "/account/second-factor/authenticate/", code=spare)
        assert is_in(client) is worked


def test_a_new_address_is_confirmed_by_its_owner() -> None:
    user = operator()
    client = signed_in(user)
    asked = client.get("/account/e-mail/")
    send(client, asked["Location"], password=PASSWORD)
    assert send(client, "/account/e-mail/", email="Neu@Büro.example").status_code == 200
    mail = OutgoingMail.objects.get()
    assert mail.recipient == "neu@xn--bro-hoa.example"
    path = re.search(r"/link/e-mail/[^/]+/", unseal(mail.body))
    assert path and User.objects.get().email == "jutta@example.org"
    assert "neu@büro.example" in browser().get(path[0]).content.decode()
    assert User.objects.get().email == "jutta@example.org"
    send(browser(), path[0])
    assert User.objects.get().email == "neu@xn--bro-hoa.example"
    assert send(browser(), path[0]).status_code == 404
    assert [mail.recipient for mail in OutgoingMail.objects.order_by("id")][1] == "jutta@example.org"


def test_an_address_that_is_taken_is_not_told_so() -> None:
    operator("other@example.org")
    client = signed_in(operator())
    send(client, client.get("/account/e-mail/")["Location"], password=PASSWORD)
    free = send(client, "/account/e-mail/", email="free@example.org")
    taken = send(client, "/account/e-mail/", email="other@example.org")
    assert page_of(taken).replace("other@", "free@") == page_of(free)
    assert [mail.recipient for mail in OutgoingMail.objects.all()] == ["free@example.org"]


def test_sessions_in_the_database_hold_no_password() -> None:
    client = browser()
    operator()
    sign_in(client)
    assert all("geheim" not in str(row.get_decoded()) for row in Session.objects.all())
