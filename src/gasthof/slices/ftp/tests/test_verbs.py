"""What FTP users' verbs do to tables and to what the node is told."""

import json
from typing import Any

import pytest
from django.db import transaction
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, desired, settle

from gasthof.kernel.call import Call
from gasthof.kernel.clock import Clocks, SystemClock
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.refusal import ActionRefused, Refused
from gasthof.slices.domains.models import Domain
from gasthof.slices.ftp import actions, queries
from gasthof.slices.ftp.capability import CAPABILITY
from gasthof.slices.ftp.models import FtpUser
from gasthof.slices.nodes.models import DesiredObject, Node, ObjectReport
from gasthof.slices.subscriptions.models import Plan, Subscription

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
PASSWORD = "Grüße-aus-Köln-1"
DOMAIN, ASCII = "grüße-aus-köln.test", "xn--gre-aus-kln-w6a02arc.test"


def settled() -> House:
    house = settle()
    house.run("domains.add", house.baker, subscription=house.mine, name=DOMAIN)
    return house


furnished_once, house = made_once(settled)


def add(house: House, name: str = "anna", directory: str = f"web/{ASCII}") -> str:
    fields = {"subscription": house.mine, "name": name, "directory": directory, "password": PASSWORD}
    return str(house.run("ftp.add_user", house.baker, **fields).result["user"])


def told(login: str) -> Any:
    return json.loads(desired("ftp.user")[login])


def refused(house: House, verb: str, **fields: object) -> dict[str, str]:
    with pytest.raises(ActionRefused) as caught:
        house.run(verb, house.baker, **fields)
    return {error.field: error.message for error in caught.value.errors}


def test_a_user_is_told_to_the_node_with_the_hash_only(house: House) -> None:
    login = add(house)
    assert login == f"{house.mine}-anna"
    number = int(house.mine[1:])
    found = told(login)
    assert found.pop("hash").startswith("$y$")
    assert found == {
        "name": login, "subscription": house.mine, "uid": 2_000_000 + number, "directory": f"web/{ASCII}", "suspended": False,
    }  # fmt: skip


def test_the_password_stands_nowhere(house: House) -> None:
    house.run("ftp.set_password", house.baker, user=add(house), password=PASSWORD)
    for rows in (AuditEntry.objects, FtpUser.objects, DesiredObject.objects):
        assert PASSWORD not in json.dumps(list(rows.values()), default=str, ensure_ascii=False)


def test_a_new_password_changes_the_hash_and_nothing_else(house: House) -> None:
    before = told(login := add(house))
    house.run("ftp.set_password", house.baker, user=login, password="Ganz-anders-2")
    after = told(login)
    assert after.pop("hash") != before.pop("hash") and after == before


def test_a_directory_and_a_name_change(house: House) -> None:
    before = told(login := add(house))
    house.run("ftp.change_user", house.baker, user=login, directory="web/läden")
    assert told(login) == before | {"directory": "web/läden"}
    house.run("ftp.change_user", house.baker, user=login, name="bernd")
    renamed = f"{house.mine}-bernd"
    assert list(desired("ftp.user")) == [renamed]
    assert told(renamed) == before | {"directory": "web/läden", "name": renamed}
    revision = DesiredObject.objects.get(kind="ftp.user", key=renamed).revision
    house.run("ftp.change_user", house.baker, user=renamed, name="bernd")
    assert DesiredObject.objects.get(kind="ftp.user", key=renamed).revision == revision


def test_a_user_goes(house: House) -> None:
    house.run("ftp.remove_user", house.baker, user=add(house))
    assert not desired("ftp.user") and not FtpUser.objects.exists()


def test_the_plan_says_how_many(house: House) -> None:
    Plan.objects.update(ftp_users=1)
    add(house)
    assert refused(house, "ftp.add_user", subscription=house.mine, name="b", directory="web", password=PASSWORD) == {
        "name": "The plan’s limit of FTP users is reached: 1."
    }


def test_a_name_is_taken_only_by_ones_own(house: House) -> None:
    add(house)
    fields = {"name": "anna", "directory": "web", "password": PASSWORD}
    found = refused(house, "ftp.add_user", subscription=house.mine, **fields)
    assert found == {"name": "There is an FTP user of this name already."}
    house.run("ftp.add_user", house.gardener, subscription=house.other, **fields)
    other = refused(house, "ftp.change_user", user=f"{house.other}-anna", directory="web")
    assert other == refused(house, "ftp.change_user", user=f"{house.other}-nobody", directory="web")


@pytest.mark.parametrize("directory", ["tmp", "logs/php", "/etc", "web/../..", "web/%u", "~root", "web//a", ""])
def test_other_directories_are_refused(house: House, directory: str) -> None:
    fields = {"subscription": house.mine, "name": "b", "directory": directory, "password": PASSWORD}
    assert set(refused(house, "ftp.add_user", **fields)) == {"directory"}


def test_a_password_with_the_name_in_it_is_refused(house: House) -> None:
    fields = {"subscription": house.mine, "name": "bernd", "directory": "web", "password": "Bernd-ist-1-Bäcker"}
    assert set(refused(house, "ftp.add_user", **fields)) == {"password"}


def test_suspension_reaches_every_user_and_ends(house: House) -> None:
    logins = [add(house), add(house, "bernd", "web")]
    house.run("subscriptions.suspend", subscription=house.mine)
    assert all(told(login)["suspended"] for login in logins)
    house.run("ftp.set_password", OPERATOR, user=logins[0], password="Ganz-anders-2")
    assert told(logins[0])["suspended"]
    house.run("subscriptions.resume", subscription=house.mine)
    assert not any(told(login)["suspended"] for login in logins)


def test_users_go_with_their_subscription(house: House) -> None:
    add(house)
    house.run("subscriptions.delete", subscription=house.mine)
    assert not desired("ftp.user") and not FtpUser.objects.exists()


def test_a_user_outlives_the_domain_of_the_directory(house: House) -> None:
    login = add(house)
    house.run("domains.delete", house.baker, domain=DOMAIN)
    assert told(login)["directory"] == f"web/{ASCII}"


def test_a_domain_gets_the_name_that_clients_ask_for(house: House) -> None:
    Node.objects.update(ipv4="192.0.2.1", ipv6="2001:db8::1")
    domain = Domain.objects.get(name=ASCII)
    assert CAPABILITY.dns_records
    assert [(each.name, each.type, each.contents) for each in CAPABILITY.dns_records(domain)] == [
        (f"ftp.{ASCII}", "A", ("192.0.2.1",)), (f"ftp.{ASCII}", "AAAA", ("2001:db8::1",)),
    ]  # fmt: skip
    Node.objects.update(ipv4="", ipv6="")
    assert not list(CAPABILITY.dns_records(Domain.objects.get(name=ASCII)))


def restore(number: str, settings: Any) -> None:
    call = Call(OPERATOR, Clocks(SystemClock(), SystemClock()))
    with transaction.atomic():
        subscription = Subscription.objects.select_related("node", "plan").get(number=int(number[1:]))
        actions.restore(call, subscription, settings)
        call.finish()


def test_what_is_exported_is_restored_under_the_new_subscription(house: House) -> None:
    add(house)
    add(house, "bernd", "web/läden")
    settings = json.loads(json.dumps(queries.export(Subscription.objects.get(number=int(house.mine[1:])))))
    before = {name: told(f"{house.mine}-{name}") for name in ("anna", "bernd")}
    house.run("subscriptions.delete", subscription=house.mine)
    restore(house.other, settings)
    for name, spec in before.items():
        after = told(f"{house.other}-{name}")
        assert (after["hash"], after["directory"]) == (spec["hash"], spec["directory"])
        assert after["subscription"] == house.other
    assert queries.export(Subscription.objects.get(number=int(house.other[1:]))) == settings


@pytest.mark.parametrize(
    "change", [{"directory": "tmp"}, {"directory": "web/%u"}, {"name": "../x"}, {"hash": "plain"}, {"hash": "$6$a$b"}]
)
def test_an_export_with_other_things_in_it_is_refused(house: House, change: dict[str, str]) -> None:
    add(house)
    found = queries.export(Subscription.objects.get(number=int(house.mine[1:])))["users"][0]
    with pytest.raises(Refused):
        restore(house.other, {"users": [found | change]})


def test_health_names_who_could_not_be_let_in(house: House) -> None:
    subscription = Subscription.objects.get(number=int(house.mine[1:]))
    login = add(house)
    assert queries.health(subscription) == []
    row = DesiredObject.objects.get(kind="ftp.user", key=login)
    ObjectReport.objects.create(
        target=row, revision=row.revision, state="failed", words="No space left on device", at=SystemClock().now()
    )
    assert queries.health(subscription) == [f"{login}: No space left on device"]
