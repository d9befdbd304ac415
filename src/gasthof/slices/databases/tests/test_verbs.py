"""Databases and users by verbs: what the node is told, what is refused, what goes with what."""

import json

import pytest
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

from gasthof.kernel.models import AuditEntry
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.databases import rules
from gasthof.slices.databases.models import Database, DatabaseUser

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
PASSWORD = "Grüße aus Köln 1"
SERVERS = pytest.mark.parametrize("server", rules.SERVERS)


def settled() -> House:
    made = settle()
    made.run("domains.add", subscription=made.mine, name="bäckerei-müller.test")
    return made


furnished_once, house = made_once(settled)


def furnish(house: House, server: str = "mariadb") -> tuple[str, str]:
    """A database and its user, by key."""
    database = house.run("databases.create", house.baker, subscription=house.mine, server=server, name="shop").result[
        "database"
    ]
    fields = {"database": database, "name": "anna", "password": PASSWORD}
    return database, house.run("databases.add_user", house.baker, **fields).result["user"]


def users() -> dict[str, dict]:
    return {key: json.loads(spec) for key, spec in desired("databases.user").items()}


@SERVERS
def test_the_node_is_told_of_database_and_user(house: House, server: str) -> None:
    _, user = furnish(house, server)
    assert {key: json.loads(spec) for key, spec in desired("databases.database").items()} == {
        f"{server}/{house.mine}_shop": {"server": server, "name": f"{house.mine}_shop", "subscription": house.mine}
    }
    spec = users()[user]
    assert spec["access"] == [{"database": f"{house.mine}_shop", "rights": "full"}] and not spec["locked"]
    rules.check_verifier(server, spec["verifier"])


@SERVERS
def test_the_password_is_kept_nowhere(house: House, server: str) -> None:
    furnish(house, server)
    assert all(PASSWORD not in spec for spec in desired("databases.user").values())
    assert PASSWORD not in str(list(AuditEntry.objects.values())) + str(list(DatabaseUser.objects.values()))


def test_the_same_name_on_both_servers_and_with_two_customers(house: House) -> None:
    furnish(house, "mariadb")
    furnish(house, "postgres")
    house.run("databases.create", house.gardener, subscription=house.other, server="mariadb", name="shop")
    with pytest.raises(ActionRefused, match="in use"):
        house.run("databases.create", house.baker, subscription=house.mine, server="mariadb", name=f"{house.mine}_shop")


def test_a_neighbours_prefix_is_only_a_name(house: House) -> None:
    made = house.run(
        "databases.create", house.baker, subscription=house.mine, server="mariadb", name=f"{house.other}_shop"
    )
    assert made.result["database"] == f"mariadb/{house.mine}_{house.other}_shop"


def test_the_plan_limits_databases(house: House) -> None:
    house.run("subscriptions.change_plan", plan="Standard", databases=1)
    furnish(house)
    with pytest.raises(ActionRefused, match="limit"):
        house.run("databases.create", house.baker, subscription=house.mine, server="postgres", name="zwei")


def test_rights_in_several_databases(house: House) -> None:
    first, user = furnish(house)
    house.run("databases.create", subscription=house.mine, server="mariadb", name="archiv")
    house.run("databases.change_user", house.baker, user=user, database="archiv", rights="read")
    house.run("databases.change_user", house.baker, user=user, database=f"{house.mine}_shop", rights="data")
    assert {one["database"]: one["rights"] for one in users()[user]["access"]} == {
        f"{house.mine}_archiv": "read", f"{house.mine}_shop": "data",
    }  # fmt: skip
    house.run("databases.change_user", house.baker, user=user, database="shop", rights="none")
    with pytest.raises(ActionRefused, match="at least one"):
        house.run("databases.change_user", house.baker, user=user, database="archiv", rights="none")
    house.run("databases.delete", house.baker, database=first)
    assert [one["database"] for one in users()[user]["access"]] == [f"{house.mine}_archiv"]


@pytest.mark.parametrize("other", ["server", "customer"])
def test_a_user_stays_with_its_server_and_customer(house: House, other: str) -> None:
    _, user = furnish(house)
    place = {"server": (house.mine, "postgres"), "customer": (house.other, "mariadb")}[other]
    house.run("databases.create", subscription=place[0], server=place[1], name="fern")
    before = users()
    for name in ("fern", f"{place[0]}_fern"):
        with pytest.raises(ActionRefused, match="no such"):
            house.run("databases.change_user", user=user, database=name, rights="full")
    assert users() == before


def test_users_without_a_database_go_with_it(house: House) -> None:
    database, _ = furnish(house)
    house.run("databases.delete", house.baker, database=database)
    assert not desired("databases.user") and not desired("databases.database")
    assert not DatabaseUser.objects.exists()


@SERVERS
def test_a_new_password(house: House, server: str) -> None:
    _, user = furnish(house, server)
    before = users()[user]["verifier"]
    house.run("databases.set_password", house.baker, user=user, password="Brötchen 2 Stück")
    assert users()[user]["verifier"] != before
    with pytest.raises(ActionRefused) as refused:
        house.run("databases.set_password", house.baker, user=user, password="alles klein hier")
    assert [error.field for error in refused.value.errors] == ["password"]


def test_the_suspended_are_locked(house: House) -> None:
    _, user = furnish(house)
    house.run("subscriptions.suspend", subscription=house.mine)
    assert users()[user]["locked"]
    house.run("subscriptions.resume", subscription=house.mine)
    assert not users()[user]["locked"]


def test_a_subscription_takes_its_databases_with_it(house: House) -> None:
    furnish(house)
    house.run("subscriptions.delete", subscription=house.mine)
    assert not Database.objects.exists() and not DatabaseUser.objects.exists() and not users()


def test_how_many_users_a_database_has(house: House) -> None:
    database, _ = furnish(house)
    for number in range(1, rules.MOST_USERS):
        house.run("databases.add_user", database=database, name=f"u{number}", password=PASSWORD, rights="read")
    with pytest.raises(ActionRefused, match="limit"):
        house.run("databases.add_user", database=database, name="zuviel", password=PASSWORD)
