"""Which events are told to whom: in the transaction of verbs, by what people may see, and how far nodes are."""

import json

import pytest
from django.db import transaction
from tests.house import OPERATOR, all_live
from tests.people import operator
from tests.programs import people

from gasthof.kernel.actions import perform_many
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.models import User
from gasthof.slices.webhooks import rules
from gasthof.slices.webhooks.models import Delivery, Event
from gasthof.slices.webhooks.telling import hand_out
from gasthof.slices.webhooks.tests.conftest import Scene


def told(scene: Scene) -> list[tuple[str, str]]:
    """Kind and verb of each delivery, after another hand-out."""
    hand_out(scene.clock.now())
    return [(row.event, row.about) for row in Delivery.objects.order_by("pk")]


def add_domain(scene: Scene, name: str = "grüße.test") -> None:
    scene.house.run("domains.add", scene.house.baker, subscription=scene.house.mine, name=name)


def test_without_a_webhook_nothing_is_written(scene: Scene) -> None:
    add_domain(scene)
    assert not Event.objects.exists()


def test_what_is_refused_or_only_read_is_no_event(scene: Scene) -> None:
    scene.add()
    scene.house.run("subscriptions.usage", scene.house.baker, subscription=scene.house.mine)
    with pytest.raises(ActionRefused):
        add_domain(scene, "kein name")
    assert not Event.objects.exists()


def test_what_is_rolled_back_was_never(scene: Scene) -> None:
    scene.add()
    with pytest.raises(RuntimeError), transaction.atomic():
        add_domain(scene)
        assert Event.objects.count() == 1
        raise RuntimeError
    assert not Event.objects.exists() and told(scene) == []


def test_a_change_is_followed_until_it_is_live(scene: Scene) -> None:
    scene.add()
    add_domain(scene)
    assert told(scene) == [("verb.performed", "domains.add")]
    scene.clock.go(seconds=2)
    all_live("failed", "nginx: [emerg] no room", kind="web.site")
    assert told(scene)[1:] == [("change.failed", "domains.add")]
    data = json.loads(Delivery.objects.latest("pk").body)["data"]
    words = [change["words"] for change in data["changes"] if change["state"] == "failed"]
    assert data["state"] == "failed" and words == ["nginx: [emerg] no room"]
    scene.clock.go(minutes=2)
    assert len(told(scene)) == 2, "told twice"
    all_live()
    scene.clock.go(minutes=2)
    assert told(scene)[2:] == [("change.live", "domains.add")]
    assert not Event.objects.exists()


def test_after_a_week_a_failure_is_left_alone(scene: Scene) -> None:
    scene.add()
    add_domain(scene)
    all_live("failed", "no")
    scene.clock.go(seconds=1)
    told(scene)
    assert Event.objects.exists()
    scene.clock.go(seconds=rules.FOLLOWED_FOR.total_seconds() + 1)
    told(scene)
    assert not Event.objects.exists()


def test_only_the_kinds_that_were_asked_for(scene: Scene) -> None:
    scene.add(events="change.live")
    add_domain(scene)
    assert told(scene) == []
    all_live()
    scene.clock.go(seconds=5)
    assert told(scene) == [("change.live", "domains.add")]
    assert "grüße.test" not in json.loads(Delivery.objects.latest("pk").body).get("words", "")


def test_each_sees_what_is_theirs(scene: Scene) -> None:
    """Another customer, a reseller of theirs, an operator."""
    house = scene.house
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    dealer, other = people(User.RESELLER, number, "dealer"), people(User.MEMBER, house.gardener.customer, "fremd")
    reading = people(User.MEMBER, house.baker.customer, "leser")
    reading.assignments.all().delete()
    house.run("access.assign", user=reading.pk, role="read only")
    whose = {
        scene.add(user, events="verb.performed").pk: user for user in (scene.anna, dealer, other, operator(), reading)
    }
    Event.objects.all().delete()
    house.run("accounts.change", house.baker, customer=house.baker.customer, name="Bäckerei")
    house.run("accounts.change", house.gardener, customer=house.gardener.customer, name="Gärtnerei")
    house.run("subscriptions.create_plan", name="Neu")
    hand_out(scene.clock.now())
    found = {
        user.email: {json.loads(row.body)["data"]["fields"]["name"] for row in Delivery.objects.filter(webhook=number)}
        for number, user in whose.items()
    }
    assert found == {
        scene.anna.email: {"Bäckerei"}, dealer.email: {"Bäckerei"}, other.email: {"Gärtnerei"},
        "jutta@example.org": {"Bäckerei", "Gärtnerei", "Neu"}, reading.email: set(),
    }  # fmt: skip


def test_the_outcome_of_a_transaction_over_customers_is_told_to_who_sees_all_of_it(scene: Scene) -> None:
    house = scene.house
    mine, all_ = scene.add(events="change.live"), scene.add(operator(), events="change.live")
    Event.objects.all().delete()
    places = {house.mine: "eins.test", house.other: "zwei.test"}
    perform_many(OPERATOR, [("domains.add", {"subscription": s, "name": n}) for s, n in places.items()])
    all_live()
    scene.clock.go(seconds=5)
    hand_out(scene.clock.now())
    assert Delivery.objects.filter(webhook=mine).count() == 0
    assert Delivery.objects.filter(webhook=all_).count() == 1


def test_two_who_hand_out_share_the_events(scene: Scene) -> None:
    scene.add(events="verb.performed")
    for nth in range(3):
        add_domain(scene, f"eins-{nth}.test")
    scene.clock.go(seconds=60)  # however long that took
    hand_out(scene.clock.now())
    hand_out(scene.clock.now())
    assert Delivery.objects.count() == len(set(Delivery.objects.values_list("uid", flat=True))) == 3
