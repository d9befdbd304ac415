"""Changes on their way: followed by whoever made them, by nobody else, in the daemon's own words, and taken back."""

import pytest
from django.test import Client
from tests.house import House, all_live

from gasthof.kernel.call import Awaited
from gasthof.slices.domains.models import Domain
from gasthof.ui.changes import FEW, Done, Undo, after, without
from gasthof.ui.models import Bundle
from gasthof.ui.performing import After, _location

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
DOMAIN = "bäckerei-müller.test"
HTMX = {"hx-request": "true", "hx-current-url": "http://localhost/domains?x=1&done=old"}


def added(client: Client, house: House) -> str:
    """The address that is shown after a domain was added."""
    return client.post(f"/domains/{house.mine}/add", {"name": DOMAIN, "once": "1"}).headers["location"]


def token(location: str) -> str:
    return location.partition("done=")[2]


def test_pending_live_or_failed(baker: Client, house: House) -> None:
    place = f"/changes/{token(added(baker, house))}"
    text = baker.get(place).content.decode()
    assert "On its way to the server: 0 of" in text and 'http-equiv="refresh"' in text and "hx-get" in text
    all_live()
    text = baker.get(place).content.decode()
    assert (
        "It is live." in text and "hx-trigger" not in text.partition("<main")[2] and 'http-equiv="refresh"' not in text
    )
    all_live("failed", "nginx: [emerg] <unknown> directive", kind="web.site")
    text = baker.get(place).content.decode()
    assert "nginx: [emerg] &lt;unknown&gt; directive" in text and "could not make it live" in text


def test_htmx_is_told_only_what_is_new_and_stops_when_all_is_said(baker: Client, house: House) -> None:
    place = f"/changes/{token(added(baker, house))}"
    first = baker.get(place, headers=HTMX)
    assert first.status_code == 200 and "<html" not in first.content.decode()
    seen = first.content.decode().partition('name="seen" value="')[2].partition('"')[0]
    assert baker.get(f"{place}?seen={seen}", headers=HTMX).status_code == 204
    all_live()
    last = baker.get(f"{place}?seen={seen}", headers=HTMX)
    assert last.headers["HX-Trigger"] == "live" and "HX-Trigger" not in first.headers
    assert last.status_code == 286 and "It is live." in last.content.decode()
    assert 'name="next" value="/domains?x=1"' in last.content.decode()


def test_nobody_else_may_look(baker: Client, gardener: Client, house: House) -> None:
    location = added(baker, house)
    assert gardener.get(f"/changes/{token(location)}").status_code == 404
    assert gardener.post(f"/undo/{token(location)}").status_code == 404
    assert DOMAIN not in gardener.get(location).content.decode()
    assert Client(headers={"host": "localhost"}).get(f"/changes/{token(location)}").status_code == 404


@pytest.mark.parametrize("forged", ["x", "a:b:c", ""])
def test_a_forged_token_shows_nothing(baker: Client, forged: str) -> None:
    assert baker.get(f"/changes/{forged}").status_code == 404
    assert baker.get(f"/domains?done={forged}").status_code == 200


def test_a_token_goes_stale(baker: Client, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    location = added(baker, house)
    monkeypatch.setattr("gasthof.ui.changes.LONGEST", -1)
    assert baker.get(f"/changes/{token(location)}").status_code == 404


def test_it_can_be_taken_back_once(baker: Client, house: House) -> None:
    undo = f"/undo/{token(added(baker, house))}"
    answer = baker.post(undo, {"next": "/domains"})
    assert answer.status_code == 303 and answer.headers["location"].startswith("/domains?done=")
    assert not Domain.objects.exists()
    again = baker.post(undo, {"next": "/domains"})
    assert again.status_code == 422 and "There is no such object." in again.content.decode()


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test", "javascript:alert(1)", "evil"])
def test_undo_leads_nowhere_else(baker: Client, house: House, wanted: str) -> None:
    answer = baker.post(f"/undo/{token(added(baker, house))}", {"next": wanted})
    assert answer.headers["location"].startswith("/?done=")


def test_an_undo_carries_no_secret(house: House) -> None:
    secret = Undo("mail.set_password", {"mailbox": "x", "password": "Streng-geheim 9"})
    outcome = house.run("domains.add", subscription=house.mine, name=DOMAIN)
    with pytest.raises(ValueError, match="secret"):
        _location(house.baker, outcome, After("/", "x", lambda outcome: secret))


def test_many_changes_fit_into_an_address(house: House) -> None:
    many = tuple(Awaited(1, "web.site", f"site-{number}.test", number) for number in range(400))
    few = Done("x", many[:FEW])
    assert Done.read(few.token(house.baker), house.baker) == few and not Bundle.objects.exists()
    whole = Done("x", many)
    assert len(after("/domains", whole, house.baker)) < 1_000
    assert Done.read(whole.token(house.baker), house.baker) == whole
    assert Done.read(whole.token(house.baker), house.gardener) is None


def test_addresses_keep_their_own_query(house: House) -> None:
    url = after("/domains?search=bä#list", Done("x"), house.baker)
    assert url.startswith("/domains?search=bä&done=") and url.endswith("#list")
    assert without("/domains?search=b%C3%A4&done=x&sort=") == "/domains?search=b%C3%A4&sort="
