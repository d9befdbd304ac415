"""Pages of databases and their users."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.habits.furnished import furnished_once, house
from tests.house import House
from tests.readers import ASCII, anonymous, member, operator, owner, stranger

from gasthof.slices.databases.models import Database, DatabaseUser, Grant

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
PASSWORD = "Sehr-geheim 12"


def test_every_page_for_everybody(house: House) -> None:
    base = f"/subscriptions/{house.mine}/databases/"
    one, user = f"{base}mariadb/{house.mine}_shop/", f"{base}users/mariadb/{house.mine}_kasse/"
    mine, theirs, other = owner(house), operator(), stranger(house)
    reader = member(house.baker.customer, "read only")
    elsewhere = member(house.baker.customer, "webmaster", domain=ASCII)
    reading = [base, f"{base}users/", one, user]
    writing = [f"{base}create", f"{one}add-user", f"{one}delete", f"{user}rights", f"{user}password", f"{user}remove"]
    for page in [*reading, *writing]:
        assert mine.get(page).status_code == theirs.get(page).status_code == 200, page
        assert other.get(page).status_code == elsewhere.get(page).status_code == 404, page
        assert anonymous().get(page).status_code == 302, page
        assert reader.get(page).status_code == (200 if page in reading else 403), page
    assert mine.get(f"{base}mariadb/{house.other}_shop/").status_code == 404


def test_a_database_from_its_beginning_to_its_end(house: House) -> None:
    client, base = owner(house), f"/subscriptions/{house.mine}/databases/"
    answer = client.post(f"{base}create", {"server": "postgres", "name": "blog"})
    assert answer.headers["location"].startswith(f"{base}postgres/{house.mine}_blog/")
    one = f"{base}postgres/{house.mine}_blog/"
    client.post(f"{one}add-user", {"name": "autor", "password": PASSWORD, "rights": "data"})
    page = client.get(one).content.decode()
    assert f"{house.mine}_autor" in page and "127.0.0.1" in page
    user = f"{base}users/postgres/{house.mine}_autor/"
    client.post(f"{user}rights", {"database": f"{house.mine}_blog", "rights": "read"})
    assert Grant.objects.get(user__name=f"{house.mine}_autor").rights == "read"
    row = DatabaseUser.objects.get(name=f"{house.mine}_autor")
    before = row.verifier
    client.post(f"{user}password", {"password": "Noch-geheimer 21"})
    row.refresh_from_db()
    assert row.verifier != before
    wrong = client.post(f"{one}delete", {"typed": "blog"})
    assert wrong.status_code == 422 and "1" in wrong.content.decode()
    assert client.post(f"{one}delete", {"typed": f"{house.mine}_blog"}).status_code == 303
    assert not Database.objects.filter(name=f"{house.mine}_blog").exists()


def test_what_was_typed_wrong_stays_with_the_error_beside_it(house: House) -> None:
    answer = owner(house).post(f"/subscriptions/{house.mine}/databases/create", {"server": "mariadb", "name": "Größe"})
    assert answer.status_code == 422 and 'value="Größe"' in answer.content.decode()


def test_a_suspended_subscription_is_shown_and_not_changed(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    client, base = owner(house), f"/subscriptions/{house.mine}/databases/"
    assert b"is suspended" in client.get(base).content
    assert client.post(f"{base}create", {"server": "mariadb", "name": "neu"}).status_code == 422


def test_longer_lists_ask_no_more(house: House) -> None:
    client, base = owner(house), f"/subscriptions/{house.mine}/databases/"

    def questions(page: str) -> int:
        client.get(page)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        return len(asked)

    pages = [base, f"{base}users/"]
    before, row = [questions(page) for page in pages], Database.objects.get(name=f"{house.mine}_shop")
    for nth in range(30):
        name = f"{house.mine}_n{nth}"
        made = Database.objects.create(subscription=row.subscription, server="mariadb", name=name, created=row.created)
        user = DatabaseUser.objects.create(subscription=row.subscription, server="mariadb", name=name, verifier="")
        Grant.objects.create(user=user, database=made, rights="full")
    assert [questions(page) for page in pages] == before
