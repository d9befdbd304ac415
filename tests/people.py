"""People who sign in, in tests through Django's client: with the cookie and the token of a form, as a browser sends them."""

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.test import Client

from gasthof.kernel.clock import SystemClock
from gasthof.slices.access import links, rules
from gasthof.slices.access.models import OneTimeLink, User

PASSWORD = "Sehr-geheim-für-immer-1"
WRONG = "Ganz-falsch-geraten-2"
ADDRESS = "203.0.113.9"  # of the socket


def operator(email: str = "jutta@example.org", password: str | None = PASSWORD, **more: object) -> User:
    """Made without verbs, as they are what is tested."""
    fields = {"name": "Jutta Öz", "language": "de", "kind": User.OPERATOR, "created": SystemClock().now()} | more
    user = User(email=email, **fields)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save()
    return user


def browser(**more: object) -> Client:
    """It checks forms' tokens and origins, and comes from ADDRESS over TLS."""
    told = {
        "REMOTE_ADDR": ADDRESS,
        "HTTP_HOST": "localhost",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_ORIGIN": "https://localhost",
    }
    return Client(enforce_csrf_checks=True, **(told | more))


def page_of(answer: object) -> str:
    """Without what is another one each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())


def send(client: Client, path: str, /, **fields: object) -> object:
    """A form of the panel's, from its own page."""
    client.cookies[settings.CSRF_COOKIE_NAME] = token = "t" * 32
    return client.post(path, {"csrfmiddlewaretoken": token, **fields})


def sign_in(client: Client, email: str = "jutta@example.org", password: str = PASSWORD) -> object:
    return send(client, "/sign-in/", login=email, password=password)


def signed_in(user: User, password: str = PASSWORD) -> Client:
    client = browser()
    answer = sign_in(client, user.email, password)
    assert answer.status_code == 302, answer.content.decode()
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def link_for(user: User) -> str:
    """The path of a one-time link by which they choose a password."""
    made = links.make(user, OneTimeLink.PASSWORD, SystemClock().now(), rules.FORGOTTEN)
    return made.removeprefix(settings.PANEL_ADDRESS)


def give_app(user: User) -> str:
    """The secret of an authenticator app that is theirs from now on."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    assert Authenticator.objects.filter(user=user).exists()
    return secret


def code(secret: str, ahead: int = 0) -> str:
    """What the app shows; steps ahead of now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))
