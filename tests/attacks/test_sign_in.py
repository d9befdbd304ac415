"""Signing in against those who are not who they say (attacks.md: Host header, tokens, client address, line breaks, other origins)."""

import json
import statistics
import time
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from gasthof.kernel.models import AuditEntry
from gasthof.kernel.sealing import unseal
from gasthof.slices.access import jobs
from gasthof.slices.access.models import OneTimeLink, OutgoingMail, User
from tests.attacks.test_panel import FORGED, address, routes
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

pytestmark = pytest.mark.django_db

BREAKS = ("\r\nSet-Cookie: a=b", "\nuser=1", "\r", "\x00", "x\x00y", "%0d%0aA: b", "\u2028", "\u202e", "\x1b[2J")
SPOOFED = (
    "X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "Client-IP", "True-Client-IP", "CF-Connecting-IP",
    "X-Cluster-Client-IP", "X-Forwarded", "Forwarded-For", "X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "Fastly-Client-IP",
    "X-ProxyUser-IP", "Via", "X-Forwarded-Host",
)  # fmt: skip
FORGOTTEN = {"known": "jutta@example.org", "unknown": "niemand@example.org", "idle": "idle@example.org"}


def asked_for() -> list[str]:
    """Addresses that links were asked for, not yet looked up."""
    return [job.args["address"] for job in ProcrastinateJob.objects.filter(task_name="access.forgotten")]


@pytest.mark.parametrize(
    "header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED", "HTTP_X_HOST", "HTTP_ORIGIN"]
)
def test_no_header_decides_where_a_mailed_link_leads(header: str) -> None:
    user = operator()
    for host in (*FORGED, "localhost:1", "127.0.0.1:8443", "[::1]"):
        client = Client(REMOTE_ADDR="198.51.100.7", **({"HTTP_HOST": "localhost"} | {header: host}))
        client.post("/forgotten/", {"email": user.email})
        UserSession.objects.all().delete()
    for asked in asked_for()[:5]:
        jobs.forgotten.func(asked)
    mails = [unseal(mail.body) for mail in OutgoingMail.objects.all()]
    assert mails and all(f"\n{settings.PANEL_ADDRESS}/link/password/" in text and "evil" not in text for text in mails)


def test_looking_at_a_link_spends_nothing_and_shows_no_more_than_whom_it_is_for() -> None:
    user = operator(password=None)
    path = link_for(user)
    for method in ("get", "head", "options", "get"):
        getattr(browser(), method)(path)
    client = browser()
    assert client.get(path).status_code == 200 and not is_in(client)
    assert client.post(path).status_code == 403, "a form of ours only"
    assert send(client, path).status_code == 302 and is_in(client)


def test_a_link_of_one_purpose_opens_nothing_else() -> None:
    path = link_for(operator())
    token = path.split("/")[-2]
    elsewhere = ["/link/e-mail/{}/", "/link/password/{}x/", "/link/password/{}/../../../account/"]
    for each in elsewhere:
        client = browser()
        assert send(client, each.format(token)).status_code in (302, 404) and not is_in(client)
    assert OneTimeLink.objects.get().spent is None
    assert send(browser(), path).status_code == 302


def test_neither_a_link_nor_a_forgotten_password_skips_the_second_factor() -> None:
    user = operator()
    secret = give_app(user)
    client = browser()
    answer = send(client, link_for(user))
    assert answer["Location"].endswith("/authenticate/") and not is_in(client)
    for path in (
        "/account/new-password/",
        "/account/password/",
        "/account/second-factor/",
        "/account/second-factor/recovery-codes/",
    ):
        assert client.get(path)["Location"].startswith("/sign-in/"), path
        send(client, path, password1=WRONG, password2=WRONG, oldpassword=PASSWORD)
    assert User.objects.get().check_password(PASSWORD)
    assert (
        send(client, "/account/second-factor/authenticate/", code=code(secret))["Location"] == "/account/new-password/"
    )
    assert is_in(client)


def test_codes_cannot_be_tried_without_end() -> None:
    user = operator()
    secret = give_app(user)
    client = browser()
    sign_in(client)
    for guess in range(10):
        send(client, "/account/second-factor/authenticate/", code=f"{guess:06}")
    send(client, "/account/second-factor/authenticate/", code=code(secret))
    assert not is_in(client)


def test_passwords_cannot_be_tried_without_end() -> None:
    """Neither by other browsers, nor by other names of the panel, nor by claiming other addresses."""
    operator()
    hosts = ["localhost", "127.0.0.1", "[::1]", "localhost:1", "localhost:2", "127.0.0.1:3"]
    for number in range(18):
        client = Client(REMOTE_ADDR=f"198.51.100.{number}", HTTP_HOST=hosts[number % 6])
        client.post(
            "/sign-in/", {"login": "jutta@example.org", "password": WRONG}, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}"
        )
    answer = sign_in(browser())
    assert answer.status_code == 200 and "Too many attempts" in answer.content.decode()
    assert AuditEntry.objects.filter(verb="access.sign_in_failed", outcome="denied").count() == 5


def test_one_address_does_not_try_everybodys_password() -> None:
    operator()
    for number in range(12):
        sign_in(browser(), f"person{number}@example.org", WRONG)
    assert sign_in(browser()).status_code == 200
    assert sign_in(Client(REMOTE_ADDR="198.51.100.7", HTTP_HOST="localhost")).status_code == 302


@pytest.mark.parametrize("header", SPOOFED)
def test_the_address_is_the_sockets_whatever_a_client_claims(header: str) -> None:
    operator()
    client = browser(**{f"HTTP_{header.upper().replace('-', '_')}": "192.0.2.66"})
    sign_in(client)
    assert is_in(client) and UserSession.objects.get().ip == ADDRESS
    assert AuditEntry.objects.get(verb="access.signed_in").fields["from"] == ADDRESS


def test_behind_the_panels_nginx_it_is_what_nginx_saw() -> None:
    """It replaces the header; were something before it, the last part counts."""
    operator()
    client = browser(HTTP_X_FORWARDED_FOR="192.0.2.66, 203.0.113.77", HTTP_X_REAL_IP="192.0.2.66")
    client.defaults["REMOTE_ADDR"] = ""
    sign_in(client)
    assert UserSession.objects.get().ip == "203.0.113.77"


def told(email: str, password: str = WRONG) -> str:
    client = browser()
    return page_of(send(client, "/sign-in/", login=email, password=password)).replace(email, "ADDRESS")


def test_messages_do_not_tell_who_is_there() -> None:
    operator()
    operator("idle@example.org", active=False)
    operator("fresh@example.org", password=None)
    pages = {
        told(each) for each in ("jutta@example.org", "niemand@example.org", "idle@example.org", "fresh@example.org")
    }
    assert len(pages) == 1 and "do not belong together" in pages.pop()
    answers = {
        page_of(send(browser(), "/forgotten/", email=email)).replace(email, "ADDRESS") for email in FORGOTTEN.values()
    }
    assert len(answers) == 1
    assert sorted(asked_for()) == sorted(FORGOTTEN.values()) and not OutgoingMail.objects.exists()


def test_time_does_not_tell_who_is_there(settings: Any) -> None:
    """Roughly: within half as much again, where leaving out the hash would be a tenth."""
    settings.ACCOUNT_RATE_LIMITS = False
    operator()
    operator("fresh@example.org", password=None)
    taken: dict[str, list[float]] = {}
    for _ in range(9):
        for email in ("jutta@example.org", "niemand@example.org", "fresh@example.org"):
            begin = time.thread_time()
            sign_in(browser(), email, WRONG)
            taken.setdefault(email, []).append(time.thread_time() - begin)
    medians = [statistics.median(each) for each in taken.values()]
    assert max(medians) < 1.5 * min(medians), medians


def test_a_session_from_before_is_no_session_after() -> None:
    operator()
    client = browser()
    client.get(
        "/account/second-factor/webauthn/login/", headers={"accept": "application/json"}
    )  # something to remember
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    sign_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before and is_in(client)
    for planted in (before, "a" * 32, "known-to-the-thief-0123456789abc"):
        thief = browser()
        thief.cookies[settings.SESSION_COOKIE_NAME] = planted
        assert not is_in(thief)
        sign_in(thief)
        assert thief.cookies[settings.SESSION_COOKIE_NAME].value != planted


@pytest.mark.parametrize("sign", BREAKS, ids=ascii)
def test_line_breaks_forge_nothing(sign: str) -> None:
    operator()
    for field in ("login", "password"):
        client = browser()
        answer = send(
            client,
            "/sign-in/",
            **({"login": "jutta@example.org", "password": PASSWORD} | {field: f"jutta@example.org{sign}"}),
        )
        assert "a" not in answer.cookies
        assert not is_in(client) or (field == "login" and not sign.strip()), "white space around an address is no harm"
    for field, path in (("email", "/forgotten/"), ("next", "/sign-out/")):
        assert send(browser(), path, **{field: f"jutta@example.org{sign}"}).status_code in (200, 302)
    assert asked_for() == [] or set(asked_for()) == {"jutta@example.org"}


@pytest.mark.parametrize("sign", [each for each in BREAKS if each.isascii()], ids=ascii)
def test_line_breaks_in_cookies_and_headers_are_no_session(sign: str) -> None:
    for header in ("HTTP_COOKIE", "HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE", "HTTP_AUTHORIZATION", "HTTP_REFERER"):
        value = f"{settings.SESSION_COOKIE_NAME}=abcdefgh{sign}" if header == "HTTP_COOKIE" else f"de{sign}"
        answer = browser(**{header: value}).get("/account/")
        assert answer.status_code in (302, 400) and "a" not in answer.cookies, header


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost", "https://localhost.evil.example", "https://localhost:1"],
)
def test_forms_of_other_origins_are_refused(origin: str) -> None:
    operator()
    client = signed_in(User.objects.get())
    client.cookies[settings.CSRF_COOKIE_NAME] = token = "t" * 32
    for route in routes():
        answer = client.post(address(route), {"csrfmiddlewaretoken": token}, HTTP_ORIGIN=origin)
        assert answer.status_code in (403, 405) or (route.startswith("api/") and answer.status_code == 401), route
    assert is_in(client)


def test_a_sign_in_leads_nowhere_else() -> None:
    operator()
    for wanted in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "https://127.0.0.1/",
    ):
        client = browser()
        answer = send(client, "/sign-in/", login="jutta@example.org", password=PASSWORD, next=wanted)
        assert answer["Location"] == "/", wanted
    assert (
        send(browser(), "/sign-in/", login="jutta@example.org", password=PASSWORD, next="/account/")["Location"]
        == "/account/"
    )


def test_nobody_signs_up() -> None:
    found = [route for route in routes() if "signup" in route or "sign-up" in route or "3rdparty" in route]
    assert found == []
    answer = send(
        browser(), "/sign-in/", login="neu@example.org", password1=PASSWORD, password2=PASSWORD, email="neu@example.org"
    )
    assert answer.status_code == 200 and not User.objects.exists()


def test_a_foreign_passkey_is_none() -> None:
    operator()
    client = browser()
    client.get("/account/second-factor/webauthn/login/", headers={"accept": "application/json"})
    for credential in ({}, [], "x", 1, {"id": "A", "rawId": "A", "type": "public-key", "response": {"userHandle": "MQ"}},
                       {"id": "QQ", "rawId": "QQ", "type": "public-key", "clientExtensionResults": {}, "response": {
                           "clientDataJSON": "e30", "authenticatorData": "QQ", "signature": "QQ", "userHandle": "MQ"}}):  # fmt: skip
        answer = send(client, "/account/second-factor/webauthn/login/", credential=json.dumps(credential))
        assert answer.status_code in (302, 200, 429) and not is_in(client), credential
