"""What a request reads, on a connection that is the application's as the panel's is."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path, resolve
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from tests.house import House, settle

from gasthof.kernel import rows
from gasthof.kernel.clock import SystemClock
from gasthof.slices.access import middleware
from gasthof.slices.access.middleware import finds_out, known_actor
from gasthof.slices.access.models import User
from gasthof.slices.access.values import Email
from gasthof.slices.accounts.models import Customer

ADDRESS, PASSWORD = str(Email.parse("info@bäckerei-müller.test")), "Sehr-geheim 1"


def customers(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Customer.objects.count()))


@finds_out
def everybodys(request: HttpRequest) -> HttpResponse:
    return customers(request)


urlpatterns = [path("theirs/", customers), path("who/", everybodys)]


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


def test_a_view_that_fails_leaves_nothing_to_the_next_request(house: House) -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            assert Customer.objects.count() == 1
            raise KeyError

    request = RequestFactory().get("/theirs/")
    request.session = {}  # type: ignore[assignment]
    with rows.staff():
        request.user = User.objects.get(email=ADDRESS)
    with pytest.raises(KeyError):
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
