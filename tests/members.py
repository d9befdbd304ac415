"""Clients of people who are signed in, in each role, for tests of pages: without passwords, which take their time."""

import re

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.slices.access.models import Assignment, User


def client_of(user: User | None) -> Client:
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    if user is not None:
        client.force_login(user)
    return client


def person(kind: str, customer: int | None = None, role: str = "", **where: object) -> User:
    """A member has that ready-made role there."""
    made = User.objects.create(
        email=f"{kind}-{role}-{customer}@example.org".replace(" ", "-"), name="Jörg Öz", language="en", kind=kind,
        customer_id=customer, created=SystemClock().now(),
    )  # fmt: skip
    if role:
        Assignment.objects.create(user=made, standard=role, **where)
    return made


def operator() -> Client:
    return client_of(person(User.OPERATOR))


def owner(actor: Actor) -> Client:
    return client_of(person(User.MEMBER, actor.customer, "owner"))


def member(actor: Actor, role: str, domain: str) -> Client:
    """Of one domain."""
    return client_of(person(User.MEMBER, actor.customer, role, domain=domain))


def text(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def queries(client: Client, path: str) -> int:
    """How many a page takes, once everything that is kept is known."""
    client.get(path)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200, path
    return len(caught)
