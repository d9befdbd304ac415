"""Every slice against what a capability has to keep: suspend and resume, export and import, usage, health, rank, words.

The house is furnished (tests/habits/examples.py) with something of each slice for two customers. What belongs to a subscription is
found by deleting it: no slice is named here.
"""

import json
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from gasthof.agent import knowledge, transfer
from gasthof.installed import SLICES
from gasthof.kernel import registry
from gasthof.kernel.actions import actions
from gasthof.kernel.capability import Capability
from gasthof.kernel.collection import collections
from gasthof.slices.nodes.models import DesiredObject
from gasthof.slices.subscriptions.models import Export, Subscription
from tests.habits.examples import in_service
from tests.habits.furnished import furnished_once, house
from tests.house import House, all_live

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db

TRANSFER = "subscriptions.transfer"
BELOW = {
    "accounts",
    "cases",
    "nodes",
    "notices",
    "renewals",
    "requests",
}  # they hold what is nobody's, or what outlives all subscriptions
GROWS = re.compile(r'"serial":[0-9]+')
Objects = dict[tuple[str, str], str]


def capability(name: str) -> Capability:
    return next(each for each in registry.capabilities() if each.name == name)


def subscription(name: str) -> Subscription:
    return Subscription.objects.get(number=int(name[1:]))


def told() -> Objects:
    """All that the node is told, but of exports and imports."""
    rows = DesiredObject.objects.filter(spec__isnull=False).exclude(kind=TRANSFER)
    return {(row.kind, row.key): row.spec or "" for row in rows}


def nameless(house: House, name: str, objects: Objects) -> Objects:
    """Without what is another one's in another subscription: system name, uid, and numbers that only grow."""
    uid = str(house.node.uid_base + int(name[1:]))
    return {
        (kind, key.replace(name, "NAME")): GROWS.sub("", spec.replace(name, "NAME").replace(uid, "UID"))
        for (kind, key), spec in objects.items()
    }


def moved(house: House) -> tuple[Objects, Objects, str]:
    """What was told of the baker's subscription, what is told after export, deletion and import, and the export's name."""
    in_service(house)
    before = told()
    export = house.run("subscriptions.export", subscription=house.mine).result["export"]
    all_live()
    house.run("subscriptions.delete", subscription=house.mine)
    others = told()
    new = house.run("subscriptions.import", export=export).result["subscription"]
    mine = {one: spec for one, spec in before.items() if one not in others}
    again = {one: spec for one, spec in told().items() if one not in others}
    again = nameless(
        house, house.mine, nameless(house, new, again)
    )  # databases keep the name that they were made under
    return nameless(house, house.mine, mine), again, export


def plain(settings: object) -> str:
    return GROWS.sub("", json.dumps(settings, sort_keys=True, separators=(",", ":")))


def holders() -> set[str]:
    """Slices with tables that lead to a subscription: what stands there is a customer's."""
    reach: set[type[models.Model]] = {Subscription}
    while more := {model for model in apps.get_models() for other in related(model) if other in reach} - reach:
        reach |= more
    return {model._meta.app_label for model in reach} & set(SLICES)


def related(model: type[models.Model]) -> Iterator[type[models.Model]]:
    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignKey | models.ManyToManyField) and isinstance(field.related_model, type):
            yield field.related_model


def asked_for() -> set[str]:
    """Permissions that verbs and lists ask for."""
    return {action.permission for action in actions().values()} | {each.permission for each in collections().values()}


def kinds(name: str) -> set[str]:
    return {kind for kind in knowledge.installed().kinds if kind.partition(".")[0] == name}


@pytest.mark.parametrize("name", SLICES)
def test_names_begin_with_the_slices(name: str) -> None:
    found = capability(name)
    assert found.name == name
    assert all(permission.partition(".")[0] == name for permission in found.permissions)
    assert {permission for permission in asked_for() if permission.partition(".")[0] == name} == set(found.permissions)
    assert {permission for each in found.roles.values() for permission in each} <= set(found.permissions)


def test_ranks_of_kinds_follow_the_slices() -> None:
    """What is higher may need what is lower; contents come last of all."""
    taught = knowledge.installed().kinds
    assert {kind.partition(".")[0] for kind in taught} <= set(SLICES)
    assert max(taught.values(), key=lambda kind: kind.rank).name == TRANSFER
    assert min(taught.values(), key=lambda kind: kind.rank).name == "subscriptions.home"


@pytest.mark.parametrize("name", sorted(holders() - BELOW))
def test_a_slice_that_holds_customers_things_has_every_hook(name: str) -> None:
    found = capability(name)
    assert found.subscription_removed or found.domain_removed or name == "subscriptions", "what goes with its owner?"
    if name != "subscriptions":  # which carries the others'
        assert found.export and found.restore
    if kinds(name):
        assert found.health
    carried = transfer.installed().get(name)
    if carried and carried.weighs:
        assert found.usage
    assert (found.subscription_suspended is None) == (found.subscription_resumed is None)


@pytest.mark.parametrize("name", sorted(name for name in SLICES if kinds(name)))
def test_the_furnished_house_has_something_of_each_kind(house: House, name: str) -> None:
    assert {kind for kind, _ in told()} >= kinds(name) - {TRANSFER}


def test_resuming_is_the_opposite_of_suspending(house: House) -> None:
    before = told()
    house.run("subscriptions.suspend", subscription=house.mine)
    suspended = told()
    assert suspended != before
    house.run("subscriptions.resume", subscription=house.mine)
    assert {one: GROWS.sub("", spec) for one, spec in told().items()} == {
        one: GROWS.sub("", spec) for one, spec in before.items()
    }
    house.run("subscriptions.suspend", subscription=house.mine)
    assert {one: GROWS.sub("", spec) for one, spec in told().items()} == {
        one: GROWS.sub("", spec) for one, spec in suspended.items()
    }


def test_suspending_one_tells_nothing_of_others(house: House) -> None:
    before = told()
    house.run("subscriptions.suspend", subscription=house.mine)
    changed = {one for one, spec in told().items() if before.get(one) != spec} | (before.keys() - told().keys())
    house.run("subscriptions.delete", subscription=house.mine)
    assert changed and not changed & told().keys()


def test_an_import_tells_what_was_told_before_the_export(house: House) -> None:
    before, after, _ = moved(house)
    assert after == before and {kind for kind, _ in before} == {kind for kind, _ in told()}


def test_an_import_of_a_suspended_one_tells_the_same(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    before, after, _ = moved(house)
    assert after == before


def test_an_export_of_an_import_holds_the_same(house: House) -> None:
    _, _, first = moved(house)
    new = Subscription.objects.latest("number")
    second = house.run("subscriptions.export", subscription=new.system_name).result["export"]
    rows = {row.name: row for row in Export.objects.all()}
    assert plain(rows[second].settings) == plain(rows[first].settings)


@pytest.mark.parametrize("name", sorted(holders() - BELOW - {"subscriptions"}))
def test_settings_are_json_and_nobody_elses(house: House, name: str) -> None:
    hook = capability(name).export
    assert hook is not None
    settings = hook(subscription(house.mine))
    text = json.dumps(settings)
    assert plain(json.loads(text)) == plain(settings) and len(text) > 4
    assert house.other not in text and "grtnerei" not in text and "gärtnerei" not in text.lower()


@pytest.mark.parametrize("name", [each.name for each in registry.capabilities() if each.usage])
def test_usage_is_bytes_by_kind(house: House, name: str) -> None:
    hook = capability(name).usage
    assert hook is not None
    found = hook(subscription(house.mine))
    assert all(isinstance(kind, str) and type(size) is int and size >= 0 for kind, size in found.items())


@pytest.mark.parametrize("name", sorted(name for name in holders() - BELOW if kinds(name)))
def test_health_says_what_failed_and_whose(house: House, name: str) -> None:
    hook = capability(name).health
    assert hook is not None
    all_live()
    assert [*hook(subscription(house.mine)), *hook(subscription(house.other))] == []
    before = told()
    house.run("subscriptions.export", subscription=house.mine)
    all_live()
    mine = _of_the_bakers(house, before)
    for kind in kinds(name) - {TRANSFER}:
        for key in (key for of, key in mine if of == kind):
            all_live("failed", "the daemon's own words", kind=kind, key=key)
        found = list(hook(subscription(house.mine)))
        assert found and all("the daemon's own words" in line for line in found), kind
        assert list(hook(subscription(house.other))) == []
        all_live()


def _of_the_bakers(house: House, before: Objects) -> set[tuple[str, str]]:
    """Objects that carry the system name or the uid, or a name of the baker's."""
    uid = str(house.node.uid_base + int(house.mine[1:]))
    marks = (house.mine, uid)
    return {one for one, spec in before.items() if any(mark in spec or mark in one[1] for mark in marks)}
