"""One page for a customer: what each slice tells there, for whom, and by how many queries."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.habits.examples import DOMAIN
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.readers import member, operator, owner, stranger

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.capability import CARD_LINES, Card
from gasthof.slices.accounts.models import Customer
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.requests import rules

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
ALL = [
    "Open requests", "Open cases", "Last notices", "Money", "Services", "Mailboxes", "Domains", "Last changes",
]  # fmt: skip


def told(client: Client, house: House) -> list[Card]:
    found: list[Card] = client.get(f"/customers/{house.baker.customer}").context["cards"]
    return found


def services(house: House, count: int) -> None:
    now = SYSTEM_CLOCKS.business.now()
    customer = Customer.objects.get(number=house.baker.customer)
    version = policies.take(policies.shipped(), now)
    for number in range(count):
        changing.begin(customer, "aps", f"größe-{number}", now, version=version)


def test_staff_see_what_every_slice_tells_and_each_leads_on(house: House) -> None:
    staff = operator()
    cards = {card.title: card for card in told(staff, house)}
    assert list(cards) == ALL and all(card.lines for card in cards.values())
    urls = [card.url for card in cards.values()] + [line.url for card in cards.values() for line in card.lines]
    assert {staff.get(url).status_code for url in urls if url} == {200}
    assert [line.text for line in cards["Domains"].lines] == [DOMAIN] and cards["Domains"].facts == (("How many", "1"),)
    assert "held" in [line.badge[0] for line in cards["Services"].lines if line.badge], "what is held stands ahead"
    assert dict(cards["Money"].facts).keys() >= {"Open", "Credit"}


def test_a_customer_sees_what_their_role_may_know(house: House) -> None:
    assert [card.title for card in told(owner(house), house)] == ALL
    accountant = [card.title for card in told(member(house.baker.customer, "accountant"), house)]
    assert accountant == ["Last notices", "Money", "Services"]
    assert stranger(house).get(f"/customers/{house.baker.customer}").status_code == 404
    page = owner(house).get(f"/customers/{house.baker.customer}").content.decode()
    assert "gärtnerei" not in page.lower() and house.other not in page


def test_what_is_offered_is_what_there_is_something_for(house: House) -> None:
    """Who has no service and no case can write to support; who has some can ask for more."""
    new = house.run("accounts.create", name="Zoë Öhlmann").result["customer"]
    assert offered(new) == {rules.MESSAGE}
    assert offered(house.baker.customer) >= {rules.MESSAGE, rules.END, rules.RESTORE, rules.MENDED}


def offered(customer: int) -> set[str]:
    page = member(customer).get(f"/customers/{customer}/requests/").content.decode()
    return {kind for kind in rules.KINDS if f"/requests/new/{kind}" in page}


def test_it_asks_as_often_however_much_there_is(house: House) -> None:
    staff = operator()
    told(staff, house)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            cards = told(staff, house)
        assert max(len(card.lines) for card in cards) <= 2 * CARD_LINES
        return len(queries)

    before = asked()
    services(house, 12)
    assert asked() == before
