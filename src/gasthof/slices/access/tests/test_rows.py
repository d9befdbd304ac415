"""What a request reads, on a connection that is the application's as the panel's is."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path, resolve
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from tests.house import House, settle

import gasthof.urls
from gasthof.kernel import rows
from gasthof.kernel.clock import SystemClock
from gasthof.slices.access import middleware
from gasthof.slices.access.middleware import finds_out, known_actor
from gasthof.slices.access.models import User
from gasthof.slices.access.values import Email
from gasthof.slices.accounts.models import Customer

ADDRESS, PASSWORD = str(Email.parse("info@bäckerei-müller.test")), "Sehr-geheim 1"


@login_not_required
def customers(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Customer.objects.count()))


@login_not_required
def fails(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        raise KeyError(Customer.objects.count())


@login_not_required
def streams(request: HttpRequest) -> StreamingHttpResponse:
    """Read after the middleware: nobody's rows, unless it says whose."""
    return StreamingHttpResponse(str(Customer.objects.count()) for _ in range(2))


@finds_out
@login_not_required
def everybodys(request: HttpRequest) -> HttpResponse:
    return customers(request)


urlpatterns = [
    path("theirs/", customers), path("who/", everybodys), path("fails/", fails), path("streams/", streams),
    *gasthof.urls.urlpatterns,
]  # fmt: skip


@pytest.fixture
def house(transactional_db: None) -> Iterator[House]:
    house = settle()
    user = User(email=ADDRESS, name="Köchin", language="de", kind="member", customer_id=house.baker.customer)
    user.created = SystemClock().now()
    user.set_password(PASSWORD)
    user.save()
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE gasthof_app")
    with translation.override("en"):
        yield house
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def answer(place: str, who: object, method: str = "GET") -> str:
    request = RequestFactory().generic(method, place)
    request.user, request.session = who, {}  # type: ignore[assignment]
    return known_actor(customers)(request).content.decode()


def test_views_read_the_actors_rows(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "resolve", lambda place: resolve(place, __name__))
    person = SimpleLazyObject(lambda: User.objects.get(email=ADDRESS))
    for method in ("GET", "POST"):
        assert answer("/theirs/", person, method) == "1"
        assert answer("/there-is-no-such-page/", person, method) == "1"
        assert answer("/theirs/", AnonymousUser(), method) == "0"
        assert answer("/who/", AnonymousUser(), method) == "2"
    assert not Customer.objects.exists()


def client_of(kind: str, customer: int | None = None) -> Client:
    client = Client(raise_request_exception=False, headers={"host": "localhost"})
    made = {"email": f"{kind}@example.org", "name": "Jörg", "language": "en", "created": SystemClock().now()}
    with rows.staff():
        client.force_login(User.objects.create(kind=kind, customer_id=customer, **made))
    return client


def held() -> tuple[int, str, str, str]:
    """The connection, and what it says of whose rows it shows; past everything of ours."""
    settings = "current_setting('gasthof.customer', true), current_setting('gasthof.reseller', true)"
    found = connection.connection.execute(f"SELECT pg_backend_pid(), current_user, {settings}").fetchone()
    return found[0], found[1], found[2] or "", found[3] or ""


def test_people_share_a_connection_and_nothing_else(house: House, settings: Any) -> None:
    """As the panel has it: one request after the other, of whomever, and whatever becomes of it."""
    number = house.baker.customer
    house.run("accounts.set_reseller", customer=house.gardener.customer, resells="yes")
    house.run("accounts.set_reseller", customer=number, reseller=house.gardener.customer)
    settings.ROOT_URLCONF = __name__
    operator = client_of(User.OPERATOR)
    people = (
        (operator, "2"), (Client(raise_request_exception=False), "0"), (client_of(User.MEMBER, number), "1"),
        (client_of(User.RESELLER, house.gardener.customer), "2"), (operator, "1"),
    )  # fmt: skip
    before = held()
    assert before[1:] == ("gasthof_app", "", "")
    for client, theirs in people:
        assert client.get("/theirs/", secure=True).content.decode() == theirs
        assert held() == before
        assert client.get("/who/", secure=True).content == b"2"
        assert client.get("/fails/", secure=True).status_code == 500
        assert held() == before
        assert b"".join(client.get("/streams/", secure=True).streaming_content) == b"00"
        assert held() == before
        if theirs == "2" and client is operator:
            client.post(f"/customers/{number}/act", secure=True)  # from here on in the baker's place
            assert held() == before


def test_a_view_that_fails_leaves_nothing_to_the_next_request(house: House) -> None:
    request = RequestFactory().get("/theirs/")
    request.session = {}  # type: ignore[assignment]
    with rows.staff():
        request.user = User.objects.get(email=ADDRESS)
    with pytest.raises(KeyError, match="1"):
        known_actor(fails)(request)
    assert not Customer.objects.exists()
    assert answer("/theirs/", AnonymousUser()) == "0"


def test_whoever_has_no_session_costs_no_query(house: House) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with CaptureQueriesContext(connection) as captured:
        known_actor(lambda _: HttpResponse())(request)
    assert len(captured) == 0


def test_people_sign_in_and_out_again(house: House) -> None:
    client = Client()
    response = client.post("/sign-in/", {"login": ADDRESS, "password": PASSWORD}, secure=True)
    assert response.status_code == 302
    with rows.staff():
        assert User.objects.get(email=ADDRESS).last_login
    request = client.get("/", secure=True).wsgi_request
    assert request.actor.customer == house.baker.customer  # type: ignore[attr-defined]
    client.post("/sign-out/", secure=True)
    assert client.get("/", secure=True).wsgi_request.actor.role == "anonymous"  # type: ignore[attr-defined]
