"""Pages of webhooks: for everybody what is theirs, the secret once, what was sent and what became of it."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.readers import ASCII, anonymous, member, operator, owner, stranger

from gasthof.kernel.clock import SystemClock
from gasthof.slices.webhooks.models import Delivery, Webhook

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
LIST, ADD = "/account/webhooks/", "/account/webhooks/add"
TYPED = {"url": "https://bücher.example/haken", "events": ["verb.performed", "change.failed"]}


def added(client: Client) -> Webhook:
    assert client.post(ADD, TYPED).status_code == 200
    return Webhook.objects.latest("pk")


def sent(webhook: Webhook, state: str = Delivery.FAILED, **more: object) -> Delivery:
    now = SystemClock().now()
    made = {
        "event": "verb.performed",
        "about": "domains.add",
        "body": '{"type": "verb.performed"}',
        "created": now,
        "due": now,
    }
    return Delivery.objects.create(webhook=webhook, uid=f"msg_{Delivery.objects.count()}", state=state, **(made | more))


def pages(webhook: Webhook, delivery: Delivery) -> list[str]:
    at = f"{LIST}{webhook.pk}/"
    steps = ("", "change", "secret", "test", "switch/on", "switch/off", "remove")
    return [*(f"{at}{step}" for step in steps), f"{at}deliveries/{delivery.pk}/", f"{at}deliveries/{delivery.pk}/again"]


def test_every_page_for_who_may(house: House) -> None:
    client = owner(house)
    webhook = added(client)
    delivery = sent(webhook)
    boss, colleague, other = operator(), owner(house), stranger(house)
    webmaster, of_domain = (
        member(house.baker.customer, "webmaster"),
        member(house.baker.customer, "owner", domain=ASCII),
    )
    for page in pages(webhook, delivery):
        assert client.get(page).status_code == boss.get(page).status_code == 200, page
        assert (
            colleague.get(page).status_code == other.get(page).status_code == of_domain.get(page).status_code == 404
        ), page
        assert webmaster.get(page).status_code == 403, page
        assert anonymous().get(page).status_code == 302, page
    for page in (LIST, ADD):
        assert client.get(page).status_code == boss.get(page).status_code == 200
        assert webmaster.get(page).status_code == 403
    assert (
        "bücher.example" in boss.get(LIST).content.decode() and "bücher.example" not in other.get(LIST).content.decode()
    )
    elsewhere = sent(added(client))
    assert client.get(f"{LIST}{webhook.pk}/deliveries/{elsewhere.pk}/").status_code == 404


def secrets(answer: object) -> list[str]:
    return re.findall(r"<code>(whsec_[\w+/=]+)</code>", answer.content.decode())


def test_the_secret_is_shown_once(house: House) -> None:
    client = owner(house)
    first = client.post(ADD, TYPED | {"once": "x"})
    webhook = Webhook.objects.latest("pk")
    assert (
        len(secrets(first)) == 1 and first.status_code == 200 and webhook.url == "https://xn--bcher-kva.example/haken"
    )
    again = client.post(ADD, TYPED | {"once": "x"})
    assert again.status_code == 303 and "whsec" not in again["Location"]
    replaced = client.post(f"{LIST}{webhook.pk}/secret", {"once": "y"})
    assert secrets(replaced) and secrets(replaced) != secrets(first)
    for page in (LIST, f"{LIST}{webhook.pk}/", f"{LIST}{webhook.pk}/secret"):
        assert "whsec_" not in client.get(page).content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://[::1]:8443/",
        "https://anna:x@example.org/",
        "https://localhost/",
    ],
)
def test_a_wrong_address_is_refused_beside_its_field(house: House, url: str) -> None:
    page = owner(house).post(ADD, TYPED | {"url": url})
    assert (
        page.status_code == 422
        and 'href="#field-url"' in page.content.decode()
        and f'value="{url}"' in page.content.decode()
    )
    none = owner(house).post(ADD, {"url": TYPED["url"]})
    assert none.status_code == 422 and 'href="#field-events_0"' in none.content.decode()


def test_it_is_changed_switched_and_removed(house: House) -> None:
    client = owner(house)
    webhook = added(client)
    at = f"{LIST}{webhook.pk}/"
    client.post(f"{at}change", {"url": "https://example.org/neu", "events": ["change.live"]})
    webhook.refresh_from_db()
    assert (webhook.url, webhook.events) == ("https://example.org/neu", ["change.live"])
    client.post(f"{at}switch/off")
    webhook.refresh_from_db()
    assert not webhook.active and "switched off" in client.get(at).content.decode()
    Webhook.objects.update(off_because=Webhook.NO_ANSWER)
    assert "nothing was taken for three days" in client.get(at).content.decode()
    client.post(f"{at}switch/on")
    webhook.refresh_from_db()
    assert webhook.active and webhook.off_because == ""
    assert client.post(f"{at}remove").status_code == 303 and not Webhook.objects.filter(pk=webhook.pk).exists()


def test_what_was_sent_is_shown_and_sent_again(house: House) -> None:
    client = owner(house)
    webhook = added(client)
    row = sent(
        webhook, status=500, words="The server did not take it.", excerpt="<script>alert(1)</script>", attempts=15
    )
    page = client.get(f"{LIST}{webhook.pk}/").content.decode()
    assert "500 · The server did not take it." in page and "Add a domain" in page
    one = client.get(f"{LIST}{webhook.pk}/deliveries/{row.pk}/").content.decode()
    assert "<script>alert" not in one and "&lt;script&gt;" in one and row.uid in one
    assert client.post(f"{LIST}{webhook.pk}/deliveries/{row.pk}/again").status_code == 303
    row.refresh_from_db()
    assert (row.state, row.attempts) == (Delivery.QUEUED, 0)
    assert client.post(f"{LIST}{webhook.pk}/deliveries/{row.pk}/again").status_code == 422
    client.post(f"{LIST}{webhook.pk}/test")
    assert Delivery.objects.filter(webhook=webhook, event="test").count() == 1


def test_longer_lists_ask_no_more(house: House) -> None:
    client = operator()
    webhook = added(client)

    def questions() -> list[int]:
        found = []
        for page in (LIST, f"{LIST}{webhook.pk}/"):
            client.get(page)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(page).status_code == 200
            found.append(len(asked))
        return found

    sent(webhook)
    before = questions()
    for _ in range(15):
        added(client)
        sent(webhook)
    assert questions() == before
