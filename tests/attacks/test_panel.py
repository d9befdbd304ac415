"""The panel against strangers: every route and method, forged hosts (attacks.md: page without authentication, Host header)."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

PUBLIC = {  # whoever adds a route for strangers adds it here, and says why in the review
    "language": "a cookie with the language",
    "look": "a cookie with the colours",
    "health": "for whoever watches the panel",
    "sign-in/": "the way in",
    "sign-out/": "ends a session, where there is one",
    "account/second-factor/webauthn/login/": "the way in by a passkey",
    "forgotten/": "for whoever has no password",
    "link/password/<str:token>/": "the way in by a one-time link",
    "link/e-mail/<str:token>/": "confirms an address, where it is read",
    "card-network/notifications": "the card network tells what was paid, signed",
    "calendar/<slug:secret>.ics": "a calendar program signs in nowhere: the address holds a secret",
    "inactive/": "where somebody is sent who may not sign in any more",
}
PLACE = re.compile(r"<(?:(?P<converter>\w+):)?\w+>")
VALUES = {"int": "7", "str": "xn--hfi-qla.test", "slug": "s000001", "path": "web/intern"}
READING = {"GET", "HEAD", "OPTIONS"}
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
FORGED = (
    "evil.example", "localhost.evil.example", "evil.example:8443", "localhost:8443@evil.example", "localhost#evil.example",
    "localhost/evil.example", "localhost\\evil.example", "local host", "localhost,evil.example", "[::1]evil.example",
    "127.0.0.1.evil.example", "2130706433", "0x7f.1", "evil.example\tlocalhost", ".localhost", "localhost..", "*",
    "xn--lcalhost-54a", "ⓛocalhost", "localhost\x00evil.example",
)  # fmt: skip


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route.removesuffix("$").removesuffix("\\Z").removeprefix("^")
        else:
            yield from routes(entry, route)


def address(route: str) -> str:
    """A path that leads to that route: each of its parts has a value that its converter takes."""
    path = "/" + PLACE.sub(lambda part: VALUES[part["converter"] or "str"], route)
    assert resolve(path).route.removesuffix("$").removesuffix("\\Z").removeprefix("^") == route, (
        f"{path} leads elsewhere"
    )
    return path


def test_the_walk_finds_the_public_routes() -> None:
    assert set(routes()) >= set(PUBLIC)
    assert len({address(route) for route in routes()}) == len(set(routes())) > 100


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
def test_strangers_are_answered_on_public_routes_only(method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for route in routes():
        answer = client.generic(method, address(route), HTTP_HOST="localhost")
        if route in PUBLIC and method in READING:
            assert answer.status_code in (200, 302, 404, 405), (route, method)
        elif answer.status_code == 302:
            assert answer.headers["location"].startswith("/sign-in/"), (route, method)
        else:
            assert answer.status_code in (401, 403, 405), (route, method)


@pytest.mark.django_db
@pytest.mark.parametrize("host", FORGED)
@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"])
def test_a_forged_host_is_never_repeated(host: str, header: str) -> None:
    given = {"HTTP_HOST": "localhost"} | {header: host}
    answer = Client().get("/", **given)
    assert answer.status_code == (400 if header == "HTTP_HOST" else 302)
    assert "evil" not in answer.content.decode() + str(dict(answer.items()))


def test_the_hosts_allowed_are_this_machines_own() -> None:
    assert set(settings.ALLOWED_HOSTS) - {"testserver"} == {"localhost", "127.0.0.1", "[::1]"}
    assert not settings.DEBUG
    assert not settings.USE_X_FORWARDED_HOST
    assert settings.SECURE_PROXY_SSL_HEADER in (None, ("HTTP_X_FORWARDED_PROTO", "https"))
