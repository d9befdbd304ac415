"""Messages twice, the nightly look, and what customers must not see or touch."""

from datetime import UTC, date, datetime

import pytest

from gasthof.kernel import rows
from gasthof.kernel.collection import collections, select
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.registrar import reading, results
from gasthof.slices.registrar.drivers import driver_for
from gasthof.slices.registrar.models import Notice, Operation, Registration, RegistryName
from gasthof.slices.registrar.tests.conftest import Scene
from gasthof.slices.registrar.tests.examples import CODE

VERBS = {
    "renew": {}, "lock": {"on": "no"}, "new_code": {}, "show_code": {}, "cancel": {"consent": "Brief"},
    "restore_quote": {}, "restore": {"reason": "x"},
}  # fmt: skip


def look(scene: Scene) -> int:
    scene.wall.go(seconds=1)
    return reading.reconcile(lambda _: scene.registry, scene.wall)


def test_a_message_that_comes_twice_counts_once(scene: Scene) -> None:
    scene.registry.fail("create", "pending")
    scene.registry.fail("acknowledge", "again")
    assert scene.register().state == "asked"
    scene.later(days=1, minutes=1)
    assert (scene.registration().state, scene.registration().ends) == ("held", date(2028, 3, 2))
    renewed = scene.ask("renew")
    scene.later(minutes=5)
    assert Notice.objects.count() == 1 and renewed.state == "done"
    assert scene.registration().ends == date(2029, 3, 2)


def test_a_message_of_what_nobody_asked_changes_nothing(scene: Scene) -> None:
    scene.register()
    scene.registry.fail("renew", "pending")
    operation = scene.ask("renew")
    Operation.objects.filter(pk=operation.pk).update(uid="gh-of-another-life")
    scene.later(days=1, minutes=1)
    assert Notice.objects.get().operation == operation.uid
    assert Operation.objects.get(pk=operation.pk).state in ("pending", "done")


@pytest.mark.parametrize("name", ["bäckerei.de", "bäckerei.info"])
def test_the_look_takes_over_dates_and_statuses(scene: Scene, name: str) -> None:
    scene.register(name)
    scene.clock.at = datetime(2028, 3, 3, tzinfo=UTC)
    assert look(scene) == 1
    made = scene.registration(name)
    assert made.statuses == {"bäckerei.de": ["inactive", "quarantined"], "bäckerei.info": ["autoRenewPeriod"]}[name]
    assert made.looked == scene.wall.at


def test_a_date_of_1969_changes_nothing_and_is_reported(scene: Scene) -> None:
    scene.register()
    scene.registry.fail("info", "wrong date")
    look(scene)
    made = scene.registration()
    assert (made.ends, made.statuses, made.finding) == (date(2028, 3, 1), ["ok"], results.WRONG_DATE)
    look(scene)
    assert scene.registration().finding == ""


def test_a_name_that_is_gone_is_reported_and_stays(scene: Scene) -> None:
    scene.register()
    RegistryName.objects.all().delete()
    look(scene)
    assert (scene.registration().finding, scene.registration().state) == (results.GONE, "held")


def test_a_name_that_went_elsewhere_is_reported(scene: Scene) -> None:
    scene.register()
    RegistryName.objects.update(ours=False)
    look(scene)
    assert (scene.registration().finding, scene.registration().state) == (results.ELSEWHERE, "held")


def test_what_is_under_way_is_not_looked_at(scene: Scene) -> None:
    scene.register()
    scene.run("renew", registration="bäckerei.de")
    assert look(scene) == 0


def test_while_the_registry_is_away_nothing_changes(scene: Scene) -> None:
    scene.register()
    scene.registry.fail("info", "down")
    look(scene)
    assert scene.registration().looked is None and scene.registration().finding == ""


def test_a_release_needs_an_operator_and_such_a_registry(scene: Scene) -> None:
    scene.register()
    scene.register("bäckerei.info")
    for name in ("bäckerei.de", "bäckerei.info"):
        with pytest.raises(ActionRefused):
            scene.run("release", registration=name)
    with pytest.raises(ActionRefused, match="takes no domain name back"):
        scene.house.run("registrar.release", registration="bäckerei.info")
    scene.house.run("registrar.release", registration="bäckerei.de")
    scene.settle()
    assert scene.registration().state == "gone"
    scene.clock.at = datetime(2028, 6, 1, tzinfo=UTC)
    assert scene.register().state == "held"


def test_the_holders_consent_is_kept_with_who_said_it(scene: Scene) -> None:
    scene.register()
    operation = scene.ask("cancel", consent="Brief vom 3. März")
    assert operation.request["consent"] == f"{scene.house.baker}: Brief vom 3. März"
    assert scene.registration().statuses == ["pendingDelete", "redemptionPeriod"]


def test_a_restoration_has_its_price_named_first(scene: Scene) -> None:
    scene.register("bäckerei.info")
    scene.ask("cancel", "bäckerei.info", consent="Brief")
    with pytest.raises(ActionRefused, match="price"):
        scene.run("restore", registration="bäckerei.info", reason="Versehen")
    assert scene.ask("restore_quote", "bäckerei.info").answer["cents"] == 9100  # type: ignore[index]
    scene.ask("restore", "bäckerei.info", reason="Versehen")
    made = scene.registration("bäckerei.info")
    assert (made.ends, made.statuses) == (date(2029, 3, 1), ["ok"])


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_touches_anothers_name(scene: Scene, verb: str) -> None:
    scene.register()
    with pytest.raises(ActionRefused):
        scene.run(verb, scene.house.gardener, registration="bäckerei.de", **VERBS[verb])
    assert Operation.objects.count() == 1


def test_nobody_registers_for_another_or_with_anothers_contact(scene: Scene) -> None:
    gardener, baker = scene.house.gardener, scene.house.baker
    for customer in (gardener.customer, baker.customer):
        with pytest.raises(ActionRefused):
            scene.run("register", gardener, customer=customer, name="grün.de", holder=scene.contact)
    assert not Registration.objects.exists()


def test_codes_are_in_no_list_and_no_record(scene: Scene) -> None:
    scene.registry.plant("xn--bckerei-5wa.eu", CODE, date(2028, 1, 1))
    given = {"customer": scene.house.baker.customer, "name": "bäckerei.eu", "holder": scene.contact}
    scene.run("transfer_in", code=CODE, **given)
    scene.settle()
    scene.ask("new_code", "bäckerei.eu")
    code = scene.run("show_code", registration="bäckerei.eu").result["code"]
    assert len(code) > 10 and code not in scene.registration("bäckerei.eu").code
    shown = [
        str(collections()[name].shown(row))
        for name in ("registrations", "registry_operations", "contacts")
        for row in select(scene.house.baker, name)
    ]
    kept = [str(row) for row in AuditEntry.objects.values()] + [str(row) for row in Operation.objects.values()]
    assert len(shown) == 4 and len(kept) > 4
    assert not [text for text in shown + kept if code in text or CODE in text]


def test_the_database_shows_others_nothing(scene: Scene) -> None:
    scene.register()
    with rows.of(scene.house.gardener):
        assert not Registration.objects.exists() and not Operation.objects.exists()
    with rows.of(scene.house.baker):
        assert Registration.objects.count() == Operation.objects.count() == 1
        assert not RegistryName.objects.exists()


def test_the_houses_driver_is_one(scene: Scene) -> None:
    assert driver_for("xn--bckerei-5wa.de", scene.clock) == scene.registry
