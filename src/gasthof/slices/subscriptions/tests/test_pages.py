"""Pages of subscriptions, exports and plans."""

import pytest
from django.test import Client
from tests import members
from tests.habits.furnished import made_once
from tests.house import House, all_live, settle

from gasthof.slices.subscriptions.models import Export, Plan, Subscription

pytestmark = pytest.mark.django_db


furnished_once, house = made_once(settle)


@pytest.fixture
def operator(house: House) -> Client:
    return members.operator()


def state(house: House) -> str:
    return Subscription.objects.get(number=int(house.mine[1:])).state


def test_created_suspended_resumed_and_deleted(house: House, operator: Client) -> None:
    path = f"/customers/{house.baker.customer}/subscriptions/new"
    assert operator.post(path, {"plan": "Standard", "node": "local"}).status_code == 303
    assert operator.post(path, {"plan": "Nix", "node": "local"}).status_code == 422
    base = f"/subscriptions/{house.mine}"
    assert operator.post(f"{base}/suspend").status_code == 303 and state(house) == "suspended"
    assert "This subscription is suspended" in members.text(operator.get(base))
    assert operator.post(f"{base}/resume").status_code == 303 and state(house) == "active"
    assert operator.post(f"{base}/delete", {"typed": "s999999"}).status_code == 422
    assert operator.post(f"{base}/delete", {"typed": house.mine}).status_code == 303
    assert Subscription.objects.count() == 2


def test_many_are_suspended_after_a_preview(house: House, operator: Client) -> None:
    picked = {"pick": [house.mine, house.other, "s999999", "nonsense"]}
    preview = members.text(operator.post("/subscriptions/suspend", picked))
    assert "Bäckerei Müller" in preview and "Gärtnerei Grün" in preview and state(house) == "active"
    assert operator.post("/subscriptions/suspend", picked | {"sure": "yes"}).status_code == 303
    assert set(Subscription.objects.values_list("state", flat=True)) == {"suspended"}
    assert members.owner(house.baker).post("/subscriptions/suspend", picked).status_code == 403


def test_exports_are_made_imported_and_deleted(house: House, operator: Client) -> None:
    assert operator.post(f"/subscriptions/{house.mine}/export").status_code == 303
    export = Export.objects.get()
    assert export.name in members.text(operator.get(f"/subscriptions/{house.mine}"))
    base = f"/customers/{house.baker.customer}/exports/{export.name}"
    assert operator.post(f"{base}/import", {"plan": "Standard"}).status_code == 422, "it is not complete yet"
    all_live()
    assert operator.post(f"{base}/import", {"plan": "Standard"}).status_code == 303
    all_live()
    other = f"/customers/{house.gardener.customer}/exports/{export.name}"
    assert operator.get(f"{other}/delete").status_code == 404
    assert operator.post(f"{base}/delete").status_code == 303 and not Export.objects.exists()


def test_plans_are_made_and_changed(house: House, operator: Client) -> None:
    fields = {"name": "Groß", "domains": "1 000", "aliases": "5", "protected_directories": "5", "mailboxes": "50", "mailbox_mb": "500",
              "mail_addresses": "10", "databases": "10", "ftp_users": "10", "dns_records": "100"}  # fmt: skip
    assert operator.post("/plans/new", fields | {"domains": "viele"}).status_code == 422
    assert operator.post("/plans/new", fields).status_code == 303
    plan = Plan.objects.get(name="Groß")
    assert (plan.domains, plan.php) == (1_000, False)
    assert operator.post(f"/plans/{plan.pk}", fields | {"domains": "20", "php": "on"}).status_code == 303
    plan.refresh_from_db()
    assert (plan.domains, plan.php) == (20, True)
