"""Pages of domains: added, deleted, many at once, and all of an account."""

import pytest
from django.test import Client
from tests import members
from tests.habits.furnished import made_once
from tests.house import House, all_live, settle

from gasthof.kernel.values import DomainName
from gasthof.slices.domains.models import Domain

pytestmark = pytest.mark.django_db
NAME = "grüße-aus-köln.test"
ASCII = DomainName.parse(NAME).ascii


furnished_once, house = made_once(settle)


@pytest.fixture
def owner(house: House) -> Client:
    return members.owner(house.baker)


def test_a_domain_is_added_and_followed_until_it_is_live(house: House, owner: Client) -> None:
    assert "No domain yet" in members.text(owner.get(f"/subscriptions/{house.mine}/websites"))
    answer = owner.post(f"/subscriptions/{house.mine}/domains/new", {"name": NAME})
    assert answer.status_code == 303
    page = members.text(owner.get(answer["Location"]))
    assert f"{NAME} was added." in page and "On its way to the server" in page
    all_live()
    assert "It is live." in members.text(owner.get(answer["Location"]))


def test_a_wrong_domain_stays_typed(house: House, owner: Client) -> None:
    answer = owner.post(f"/subscriptions/{house.mine}/domains/new", {"name": "grüße aus köln"})
    page = members.text(answer)
    assert answer.status_code == 422 and 'value="grüße aus köln"' in page and 'aria-invalid="true"' in page


def test_deleting_asks_for_the_name(house: House, owner: Client) -> None:
    house.run("domains.add", subscription=house.mine, name=NAME)
    house.run("mail.add_mailbox", domain=NAME, name="info", password="Sehr-geheim-7!")
    path = f"/domains/{ASCII}/delete"
    assert "mailboxes with all mail: 1" in members.text(owner.get(path))
    assert owner.post(path, {"typed": "falsch"}).status_code == 422
    assert members.owner(house.gardener).post(path, {"typed": NAME}).status_code == 404
    assert owner.post(path, {"typed": NAME}).status_code == 303
    assert Domain.objects.count() == 0


def test_many_are_deleted_after_a_preview(house: House, owner: Client) -> None:
    names = ["straße-1.test", "straße-2.test"]
    for name in names:
        house.run("domains.add", subscription=house.mine, name=name)
    house.run("domains.add", subscription=house.other, name=NAME)
    picked = [*Domain.objects.values_list("name", flat=True)]
    preview = members.text(owner.post("/domains/delete", {"pick": picked}))
    assert all(name in preview for name in names) and NAME not in preview and Domain.objects.count() == 3
    assert owner.post("/domains/delete", {"pick": picked, "sure": "yes"}).status_code == 303
    assert [domain.unicode for domain in Domain.objects.all()] == [NAME]


def test_the_account_overview_finds_by_any_part(house: House, owner: Client) -> None:
    house.run("domains.add", subscription=house.mine, name=NAME)
    path = f"/customers/{house.baker.customer}/domains"
    for text in ("KÖLN", "xn--", "aus-k"):
        assert NAME in members.text(owner.get(path, {"search": text})), text
    assert "Nothing found" in members.text(owner.get(path, {"search": "bonn"}))
