"""Notifications that are not the card network's, not of now, or about something else: nothing is paid by them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.billing.models import BankBooking, Proforma
from gasthof.slices.billing.tests.examples import issue
from gasthof.slices.cards import rules
from gasthof.slices.cards.client import SIGNED
from gasthof.slices.cards.following import follow
from gasthof.slices.cards.models import CardPayment
from gasthof.slices.cards.tests.network import Direct
from tests.house import House, settle
from tests.readers import owner

pytestmark = pytest.mark.django_db
AT = "/card-network/notifications"
SECRET = "ein Geheimnis"  # the network's of Direct


@pytest.fixture
def house(settings: Any) -> Iterator[House]:
    settings.SECRET_KEY = SECRET
    yield settle()


@pytest.fixture
def event(house: House, tmp_path: Path) -> dict[str, Any]:
    """What the network would tell of a payment that was made."""
    number, network = issue(house, house.baker.customer or 0, "bäckerei-müller.test"), Direct(tmp_path)
    network.clock.at = SYSTEM_CLOCKS.wall.now()
    row = CardPayment.objects.get(pk=house.run("cards.begin", proforma=number).result["card_payment"])
    follow(row.pk, network, network.clocks)
    network.choose(row.operation, "pay")
    (told,) = network.told()
    return dict(json.loads(told.body))


def send(body: bytes, header: str) -> int:
    return Client(enforce_csrf_checks=True).post(AT, body, "application/json", headers={SIGNED: header, "host": "localhost"}).status_code  # fmt: skip


def now() -> int:
    return int(SYSTEM_CLOCKS.wall.now().timestamp())


def signed(body: bytes, seconds: int | None = None, key: str = SECRET) -> str:
    return rules.signature(rules.keys_of(key).signing, now() if seconds is None else seconds, body)


def unpaid() -> bool:
    return not BankBooking.objects.exists() and Proforma.objects.get().state == "open"


def test_a_good_one_is_taken_and_a_replay_refused(event: dict[str, Any]) -> None:
    body, seconds = json.dumps(event).encode(), now()
    assert send(body, signed(body, seconds)) == 200 and Proforma.objects.get().state == "paid"
    assert send(body, signed(body, seconds)) == 409
    assert send(body, signed(body, seconds + 1)) == 200 and BankBooking.objects.count() == 1


@pytest.mark.parametrize(
    "header", ["", "t=0", "t=,v1=", "v1=00", "t=1,v1=" + "0" * 64, "t=٣,v1=0", "Bearer x", "t=-1,v1=0"]
)
def test_without_a_signature(event: dict[str, Any], header: str) -> None:
    assert send(json.dumps(event).encode(), header) == 403 and unpaid()


def test_by_another_key_of_another_time_or_of_another_body(event: dict[str, Any]) -> None:
    body = json.dumps(event).encode()
    for header in (
        signed(body, key="geraten"),
        signed(body, now() - 301),
        signed(body, now() + 400),
        signed(body + b" "),
    ):
        assert send(body, header) == 403
    assert unpaid()


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [("units", 1, 422), ("units", 11_901, 422), ("currency", "CZK", 422), ("reference", "1000002", 422), ("number", "cn-other", 422),
     ("operation", "gh-0", 404), ("operation", "", 404), ("state", "settled", 400), ("units", "11900", 400), ("units", 1.5, 400)],
)  # fmt: skip
def test_signed_but_about_something_else(event: dict[str, Any], field: str, value: object, status: int) -> None:
    event["payment"][field] = value
    body = json.dumps(event).encode()
    assert send(body, signed(body)) == status and unpaid()


@pytest.mark.parametrize("body", [b" ", b"null", b"[]", b"{", b'{"number": "x"}', b"\xff\xfe", b'{"number":' * 5_000])
def test_what_is_no_notification(event: dict[str, Any], body: bytes) -> None:
    assert send(body, signed(body)) == 400 and unpaid()


def test_too_large_or_where_no_network_is(event: dict[str, Any], settings: Any) -> None:
    large = b" " * 70_000
    assert send(large, signed(large)) == 403
    settings.CARD_NETWORK = ""
    body = json.dumps(event).encode()
    assert send(body, signed(body)) == 403 and unpaid()


def test_the_page_of_the_way_back_pays_nothing(house: House, event: dict[str, Any]) -> None:
    row = CardPayment.objects.get()
    for query in ("?state=paid", f"?payment={row.number}&status=paid"):
        assert owner(house).get(f"/card-payments/{row.pk}/back{query}").status_code == 200
    assert unpaid()
