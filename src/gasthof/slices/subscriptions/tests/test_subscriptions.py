"""Plans and subscriptions: limits, numbers, states."""

import json

import pytest
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.subscriptions.models import Plan, Subscription

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


furnished_once, house = made_once(settle)


def test_a_subscription_has_a_home_with_a_uid_of_its_own(house: House) -> None:
    homes = {key: json.loads(spec) for key, spec in desired("subscriptions.home").items()}
    numbers = {name: int(name[1:]) for name in (house.mine, house.other)}
    assert homes == {name: {"name": name, "uid": 2_000_000 + number} for name, number in numbers.items()}


def test_a_number_is_never_given_out_twice(house: House) -> None:
    house.run("subscriptions.delete", subscription=house.other)
    fields = {"customer": house.gardener.customer, "plan": "Standard", "node": "local"}
    assert house.run("subscriptions.create", **fields).result["number"] > int(house.other[1:])


def test_suspension_is_a_state_and_ends(house: House) -> None:
    assert house.run("subscriptions.suspend", subscription=house.mine).result["state"] == "suspended"
    assert house.run("subscriptions.suspend", subscription=house.mine).awaited == ()
    assert house.run("subscriptions.resume", subscription=house.mine).result["state"] == "active"


def test_a_deleted_subscription_is_gone(house: House) -> None:
    assert house.run("subscriptions.delete", subscription=house.mine).result["state"] == "deleted"
    assert list(Subscription.objects.values_list("customer", flat=True)) == [house.gardener.customer]
    with pytest.raises(ActionRefused):
        house.run("subscriptions.delete", subscription=house.mine)


def test_a_plans_limits_change(house: House) -> None:
    house.run("subscriptions.change_plan", plan="Standard", domains=1)
    plan = Plan.objects.get(name="Standard")
    assert (plan.domains, plan.aliases, plan.php) == (1, 3, True)
    house.run("domains.add", house.baker, subscription=house.mine, name="törtchen.test")
    with pytest.raises(ActionRefused, match="limit"):
        house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")
    house.run("subscriptions.change_plan", plan="Standard", name="Groß", domains=2)
    house.run("domains.add", house.baker, subscription=house.mine, name="zwei.test")


def test_lowering_a_limit_takes_nothing_away(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="törtchen.test")
    house.run("subscriptions.change_plan", plan="Standard", domains=0)
    assert len(desired("web.site")) == 1


def test_plans_have_names_of_their_own(house: House) -> None:
    for verb, fields in (("create_plan", {"name": "Standard"}), ("change_plan", {"plan": "Bare", "name": "Standard"})):
        with pytest.raises(ActionRefused) as refused:
            house.run(f"subscriptions.{verb}", **fields)
        assert [error.field for error in refused.value.errors] == ["name"]


@pytest.mark.parametrize("field", ["customer", "plan", "node"])
def test_each_part_must_be_there(house: House, field: str) -> None:
    fields = {"customer": house.baker.customer, "plan": "Standard", "node": "local", field: "gibt es nicht"}
    with pytest.raises(ActionRefused) as refused:
        house.run("subscriptions.create", **fields)
    assert [error.field for error in refused.value.errors] == [field]
