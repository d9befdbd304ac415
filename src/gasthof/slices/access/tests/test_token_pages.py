"""Pages of tokens: for everybody what is theirs, the secret once, limits in words."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.habits.examples import DOMAIN
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.programs import Program, people
from tests.readers import ASCII, anonymous, member, operator, owner, stranger

from gasthof.kernel.permissions import Place
from gasthof.slices.access.models import ApiToken, User

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
LIST, CREATE = "/account/tokens/", "/account/tokens/create"
TYPED = {"name": "Sicherung", "days": "30", "extent": "some", "verbs": ["domains.list", "domains.add"]}


def made(client: Client, **more: object) -> str:
    """The secret that the page shows."""
    page = client.post(CREATE, TYPED | more).content.decode()
    return re.findall(r"<code>(gasthof_[\w-]+)</code>", page)[0]


def test_who_may_have_tokens(house: House) -> None:
    for client in (owner(house), operator()):
        for page in (LIST, CREATE):
            assert client.get(page).status_code == 200
    assert member(house.baker.customer, "owner", domain=ASCII).get(LIST).status_code == 404
    assert member(house.baker.customer, "webmaster").get(LIST).status_code == 403
    assert anonymous().get(LIST).status_code == 302


def test_the_account_menu_leads_there_for_who_may(house: House) -> None:
    assert LIST in owner(house).get(f"/customers/{house.baker.customer}/users/").content.decode()
    webmaster = member(house.baker.customer, "webmaster").get(f"/domains/{ASCII}/dns/").content.decode()
    assert "/account/" in webmaster and LIST not in webmaster and "/account/webhooks/" not in webmaster


def test_the_secret_is_shown_once_and_works(house: House) -> None:
    client = owner(house)
    page = client.post(CREATE, TYPED | {"once": "x"})
    (secret,) = re.findall(r"<code>(gasthof_[\w-]+)</code>", page.content.decode())
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    names = [row["domain"] for row in Program(secret).get("/domains").json()["items"]]
    assert DOMAIN in names and Program(secret).get("/mailboxes").status_code == 403
    again = client.post(CREATE, TYPED | {"once": "x"})
    assert again.status_code == 303 and again["Location"].startswith(LIST) and secret not in again["Location"]
    assert secret not in client.get(again["Location"]).content.decode()
    assert ApiToken.objects.filter(name="Sicherung").count() == 1


@pytest.mark.parametrize(
    ("typed", "within"),
    [
        ({}, ()),
        ({"where": f"domain:{ASCII}"}, (Place(domain=ASCII),)),
        (
            {"where": f"domain:{ASCII}", "named": "s000007, Grüße.test"},
            (Place(subscription=7), Place(domain="xn--gre-6ka8l.test")),
        ),
    ],
)
def test_where_it_may(house: House, typed: dict[str, str], within: tuple[Place, ...]) -> None:
    made(owner(house), **typed)
    assert ApiToken.objects.latest("pk").within == within


def test_nothing_ticked_is_not_everything(house: House) -> None:
    client = owner(house)
    refused = client.post(CREATE, {**TYPED, "verbs": []})
    assert refused.status_code == 422 and "Tick at least one thing" in refused.content.decode()
    assert 'value="Sicherung"' in refused.content.decode()
    both = client.post(CREATE, {**TYPED, "verbs": [], "name": ""}).content.decode()
    assert 'href="#field-name"' in both and "Tick at least one thing" in both
    made(client, extent="all", verbs=[])
    assert ApiToken.objects.latest("pk").verbs is None


def test_what_is_wrong_stands_beside_its_field(house: House) -> None:
    page = owner(house).post(CREATE, TYPED | {"named": "kein name"}).content.decode()
    assert 'href="#field-named"' in page
    page = owner(house).post(CREATE, TYPED | {"name": ""}).content.decode()
    assert 'href="#field-name"' in page and "domains.add&quot; checked" in page.replace(
        'domains.add" checked', "domains.add&quot; checked"
    )


def test_only_what_one_may_is_offered(house: House) -> None:
    mine, all_ = owner(house).get(CREATE).content.decode(), operator().get(CREATE).content.decode()
    assert 'value="nodes.retry"' in all_ and 'value="nodes.retry"' not in mine and 'value="domains.add"' in mine
    assert house.other not in mine and "gärtnerei" not in mine and house.other in all_


def test_its_page_says_what_it_may_and_a_question_ends_it(house: House) -> None:
    client = owner(house)
    secret = made(client)
    token = ApiToken.objects.latest("pk").pk
    page = client.get(f"{LIST}{token}/").content.decode()
    assert "Add a domain" in page and "See: Domains" in page and "never" in page
    assert client.get(f"{LIST}{token}/revoke").status_code == 200
    assert client.post(f"{LIST}{token}/revoke").status_code == 303
    assert Program(secret).get("/domains").status_code == 401


def test_others_tokens_are_not_there_but_for_operators(house: House) -> None:
    made(owner(house))
    token = ApiToken.objects.latest("pk")
    for client in (stranger(house), owner(house)):
        assert (
            client.get(f"{LIST}{token.pk}/").status_code == client.post(f"{LIST}{token.pk}/revoke").status_code == 404
        )
    boss = operator()
    assert token.user.name in boss.get(LIST).content.decode()
    assert boss.post(f"{LIST}{token.pk}/revoke").status_code == 303


def test_in_a_customers_place_there_are_no_tokens(house: House) -> None:
    client = operator()
    client.post(f"/customers/{house.baker.customer}/act")
    assert client.get(LIST).status_code == client.get("/account/webhooks/").status_code == 403


def test_resellers_choose_among_their_customers(house: House) -> None:
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    client = anonymous()
    client.force_login(people(User.RESELLER, number, "dealer"), "allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(CREATE).content.decode()
    assert f"customer:{house.baker.customer}" in page and f"customer:{house.gardener.customer}" not in page


def test_longer_lists_ask_no_more(house: House) -> None:
    client = operator()

    def questions() -> int:
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked)

    before = questions()
    for nth in range(20):
        Program.of(people(User.MEMBER, house.baker.customer, f"n{nth}"), verbs="domains.add")
    assert questions() == before
