"""Exports and imports in the control plane: what is asked for, what is refused, what is told to the node."""

import json

import pytest
from tests.habits.examples import ALIAS, DOMAIN, furnish, in_service
from tests.habits.furnished import made_once
from tests.house import House, all_live, desired, settle

from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.values import DomainName
from gasthof.slices.nodes.models import ObjectReport
from gasthof.slices.subscriptions.models import Export, Subscription

pytestmark = pytest.mark.django_db
TRANSFER = "subscriptions.transfer"
ASCII = DomainName.parse(DOMAIN).ascii


def settled() -> House:
    house = settle()
    furnish(house)
    in_service(house)
    house.run("web.change_site", domain=DOMAIN, php_version="8.9", php_settings="memory_limit=256M", preferred=ALIAS)
    return house


furnished_once, house = made_once(settled)


def told_of(house: House, name: str) -> dict[tuple[str, str], str]:
    """All that the node is told of a subscription, its number and uid written as N and UID."""
    number, found = int(name[1:]), {}
    for kind in ("subscriptions.home", "web.site", "web.pool"):
        for key, spec in desired(kind).items():
            if name in spec:
                uid = house.node.uid_base + number
                found[kind, key.replace(name, "N")] = spec.replace(name, "N").replace(str(uid), "UID")
    return found


def exported(house: House) -> str:
    name = house.run("subscriptions.export", subscription=house.mine).result["export"]
    all_live()
    return str(name)


def refusal(house: House, verb: str, **fields: object) -> str:
    before = Subscription.objects.count(), len(desired("web.site"))
    with pytest.raises(ActionRefused) as refused:
        house.run(verb, **fields)
    assert (Subscription.objects.count(), len(desired("web.site"))) == before
    return str(refused.value)


def test_export_delete_import_tells_the_node_the_same_again(house: House) -> None:
    before = told_of(house, house.mine)
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    assert told_of(house, house.mine) == {}
    made = house.run("subscriptions.import", export=name)
    new = made.result["subscription"]
    assert new > house.mine and Subscription.objects.get(number=int(new[1:])).customer_id == house.baker.customer
    assert told_of(house, new) == before
    load, kept = json.loads(desired(TRANSFER)[f"{name}/{new}"]), f"{house.mine}_shop"
    assert load == {
        "direction": "load", "export": name, "subscription": new, "uid": 2_000_000 + int(new[1:]), "document": None,
        "expected": 0, "chosen": {"databases": {"databases": [{"server": "mariadb", "name": kept, "into": kept}]}},
    }  # fmt: skip


def test_the_node_is_told_settings_and_hashes_to_lay_beside_the_contents(house: House) -> None:
    name = exported(house)
    document = json.loads(desired(TRANSFER)[name])["document"]
    assert document["subscription"] == house.mine and document["limits"]["domains"] == 5
    assert document["settings"]["domains"] == [ASCII]
    (protected,) = document["settings"]["web"]["protected"]
    assert protected["users"]["jörg"].startswith("$argon2id$")


def test_the_node_is_told_how_much_room_an_export_needs(house: House) -> None:
    all_live()
    reports = ObjectReport.objects.filter(target__kind="subscriptions.home", target__key=house.mine)
    reports.update(findings={"bytes": 123_456})
    name = exported(house)
    assert json.loads(desired(TRANSFER)[name])["expected"] >= 123_456


def test_what_is_suspended_stays_suspended(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    before = told_of(house, house.mine)
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    made = house.run("subscriptions.import", export=name).result
    assert made["state"] == "suspended" and told_of(house, made["subscription"]) == before


def test_an_import_of_what_is_still_there_is_refused_by_name_and_changes_nothing(house: House) -> None:
    words = refusal(house, "subscriptions.import", export=exported(house))
    assert words == f"export.{DOMAIN}: This name is in use already."


def test_a_name_that_another_customer_has_taken_meanwhile_refuses_all(house: House) -> None:
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    house.run("web.add_alias", domain="gärtnerei-grün.test", name=ALIAS)
    words = refusal(house, "subscriptions.import", export=name)
    assert words == f"export.{DOMAIN}: This name, or one above or below it, is in use by another customer."


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"domains": 0}, "limit of domains"),
        ({"aliases": 0}, "limit of further names"),
        ({"protected_directories": 0}, "limit of protected directories"),
        ({"php": "no"}, "does not include PHP"),
        ({"mailboxes": 0}, "limit of mailboxes"),
        ({"mail_addresses": 0}, "limit of aliases and forwards"),
        ({"mailbox_mb": 1}, "limit of a mailbox’s size"),
        ({"ftp_users": 0}, "limit of FTP users"),
        ({"databases": 0}, "limit of databases"),
        ({"dns_records": 0}, "limit of own DNS records"),
    ],
)
def test_a_plan_that_is_too_small_refuses_all_and_another_can_be_chosen(
    house: House, limits: dict[str, object], words: str
) -> None:
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    house.run("subscriptions.create_plan", name="Klein", **({"domains": 5, "aliases": 3} | limits))
    assert words in refusal(house, "subscriptions.import", export=name, plan="Klein")
    assert house.run("subscriptions.import", export=name, plan="Standard").result["plan"] == "Standard"


def test_an_alias_may_be_the_www_name_of_another_of_the_domains(house: House) -> None:
    house.run("web.add_alias", domain=DOMAIN, name="www.törtchen.test")
    house.run("domains.add", subscription=house.mine, name="törtchen.test")
    before = told_of(house, house.mine)
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    assert told_of(house, house.run("subscriptions.import", export=name).result["subscription"]) == before


def test_nothing_goes_while_it_is_needed(house: House) -> None:
    name = house.run("subscriptions.export", subscription=house.mine).result["export"]
    assert f"{name} of this subscription is still under way" in refusal(
        house, "subscriptions.delete", subscription=house.mine
    )
    assert "not complete yet" in refusal(house, "subscriptions.import", export=name)
    all_live("failed", "no space left", key=name)
    assert "no space left" in refusal(house, "subscriptions.import", export=name)
    assert f"{name} of this subscription failed" in refusal(house, "subscriptions.delete", subscription=house.mine)
    all_live()
    house.run("subscriptions.delete", subscription=house.mine)
    new = house.run("subscriptions.import", export=name).result["subscription"]
    assert "still under way" in refusal(house, "subscriptions.delete_export", export=name)
    all_live()
    house.run("subscriptions.delete_export", export=name)
    assert desired(TRANSFER) == {} and not Export.objects.exists()
    house.run("subscriptions.delete", subscription=new)


def test_a_subscription_that_goes_takes_the_order_to_load_with_it(house: House) -> None:
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    new = house.run("subscriptions.import", export=name).result["subscription"]
    all_live()
    house.run("subscriptions.delete", subscription=new)
    assert list(desired(TRANSFER)) == [name]
    house.run("subscriptions.import", export=name)


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_what_an_import_may_still_write_to_is_not_deleted_unless_the_export_is(house: House, state: str) -> None:
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    new = house.run("subscriptions.import", export=name).result["subscription"]
    if state == "failed":
        all_live("failed", "no space left", key=f"{name}/{new}")
    words = {"pending": f"import of {name} into this subscription is still", "failed": f"import of {name} failed"}[
        state
    ]
    assert words in refusal(house, "subscriptions.delete", subscription=new)
    assert words in refusal(house, "databases.delete", database=f"mariadb/{house.mine}_shop")
    house.run("subscriptions.delete_export", export=name, **({"anyway": True} if state == "pending" else {}))
    house.run("databases.delete", house.baker, database=f"mariadb/{house.mine}_shop")
    house.run("subscriptions.delete", subscription=new)


def test_a_part_that_nobody_can_restore_is_refused(house: House) -> None:
    name = exported(house)
    house.run("subscriptions.delete", subscription=house.mine)
    row = Export.objects.get()
    row.settings["telex"] = {}
    row.save()
    assert "part of the export: telex" in refusal(house, "subscriptions.import", export=name)


def test_exports_are_listed_with_how_far_they_are(house: House) -> None:
    assert house.run("subscriptions.exports", customer=house.baker.customer).result == {"exports": []}
    name = house.run("subscriptions.export", subscription=house.mine).result["export"]
    (row,) = house.run("subscriptions.exports", customer=house.baker.customer).result["exports"]
    assert (row["export"], row["state"], row["subscription"]) == (name, "pending", house.mine)
    all_live()
    (row,) = house.run("subscriptions.exports", customer=house.baker.customer).result["exports"]
    assert row["state"] == "complete"
    assert house.run("subscriptions.exports", customer=house.gardener.customer).result == {"exports": []}


def test_health_says_what_the_node_could_not_do(house: House) -> None:
    all_live()
    assert house.run("subscriptions.health", house.baker, subscription=house.mine).result["well"]
    all_live("failed", "cannot load certificate", key=ASCII)
    found = house.run("subscriptions.health", house.baker, subscription=house.mine).result
    assert found["words"]["web"] == [f"{DOMAIN}: cannot load certificate"] and not found["well"]
    assert house.run("subscriptions.health", subscription=house.other).result["well"]


def test_usage_is_what_the_node_measured(house: House) -> None:
    assert "web" not in house.run("subscriptions.usage", house.baker, subscription=house.mine).result["bytes"]
    all_live()
    reports = ObjectReport.objects.filter(target__kind="subscriptions.home", target__key=house.mine)
    reports.update(findings={"bytes": 123_456})
    found = house.run("subscriptions.usage", house.baker, subscription=house.mine).result
    assert found["bytes"]["web"] == 123_456 and found["total"] == sum(found["bytes"].values())
    assert "web" not in house.run("subscriptions.usage", subscription=house.other).result["bytes"]
