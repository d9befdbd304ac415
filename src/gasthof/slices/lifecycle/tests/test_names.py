"""Domain names from payment to registry: adopted, renewed, restored, given back."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.lifecycle.carrying import carry_out
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.lifecycle.names import adopt
from gasthof.slices.lifecycle.pricing import priced
from gasthof.slices.lifecycle.queries import course
from gasthof.slices.lifecycle.rules.brake import JUMP
from gasthof.slices.lifecycle.sweeping import Approval, sweep
from gasthof.slices.registrar.models import Operation, Registration, RegistryAccount
from gasthof.slices.registrar.tests.conftest import Scene, set_scene
from gasthof.slices.registrar.tryout import FUNDS

pytestmark = pytest.mark.quick

YEAR, RESTORE = 600, 4000  # cents of a .de


@pytest.fixture
def scene(db: None) -> Scene:
    return set_scene()


def clocks(scene: Scene) -> Clocks:
    return Clocks(scene.wall, scene.clock)


def adopted(scene: Scene, name: str = "bäckerei.de") -> Service:
    row = scene.register(name)
    list(adopt(clocks(scene)))
    return Service.objects.get(name=row.name)


def pay(scene: Scene, service: Service, until: date) -> None:
    perform(SYSTEM, "lifecycle.set_paid", {"service": service.pk, "first_unpaid": until.isoformat()}, clocks(scene))


def settle(scene: Scene) -> None:
    """Until nothing moves: the outbox asks the registry, which answers."""
    for _ in range(6):
        list(carry_out(clocks(scene)))
        scene.settle()


def on(scene: Scene, day: date) -> None:
    scene.later(days=(day - scene.clock.at.date()).days)
    sweep(scene.clock.at, approved=Approval("test", day, JUMP))
    settle(scene)


def ends(service: Service) -> date | None:
    return Registration.objects.get(name=service.name).ends


def spent() -> int:
    return FUNDS - RegistryAccount.objects.get(pk=1).cents


def test_a_name_that_is_held_becomes_a_service_once(scene: Scene) -> None:
    service = adopted(scene)
    assert (service.type, service.tld, service.first_unpaid) == ("domain", "de", date(2028, 3, 1))
    assert service.registry_date == service.first_unpaid
    assert list(adopt(clocks(scene))) == [] and Service.objects.count() == 1


def test_paid_ahead_it_is_renewed_once(scene: Scene) -> None:
    service = adopted(scene)
    pay(scene, service, date(2029, 3, 1))
    settle(scene)
    assert ends(service) == date(2029, 3, 1) and spent() == 2 * YEAR
    assert not Work.objects.filter(done=None).exists()
    list(adopt(clocks(scene)))
    service.refresh_from_db()
    assert service.registry_date == date(2029, 3, 1)


def test_paid_for_three_years_where_the_registry_takes_one_at_a_time(scene: Scene) -> None:
    service = adopted(scene)
    pay(scene, service, date(2031, 3, 1))
    settle(scene)
    assert ends(service) == date(2031, 3, 1) and spent() == 4 * YEAR


def test_a_lost_answer_renews_once(scene: Scene) -> None:
    service = adopted(scene)
    scene.registry.fail("renew", "lost")
    pay(scene, service, date(2029, 3, 1))
    settle(scene)
    scene.later(minutes=2)
    settle(scene)
    assert ends(service) == date(2029, 3, 1) and spent() == 2 * YEAR


def test_what_the_registry_refuses_waits_and_is_asked_again_later(scene: Scene) -> None:
    service = adopted(scene)
    scene.registry.fail("renew", "refused")
    pay(scene, service, date(2029, 3, 1))
    settle(scene)
    waiting = Work.objects.get(done=None)
    assert "refused" in waiting.words and Operation.objects.filter(verb="renew").count() == 1
    scene.later(minutes=61)
    settle(scene)
    assert ends(service) == date(2029, 3, 1) and not Work.objects.filter(done=None).exists()


def test_paid_in_quarantine_it_is_restored(scene: Scene) -> None:
    """Five days before it expires, a .de is in quarantine (spec L24)."""
    service = adopted(scene)
    on(scene, date(2028, 2, 25))
    service.refresh_from_db()
    assert service.phase == "quarantine"
    pay(scene, service, date(2029, 3, 1))
    settle(scene)
    service.refresh_from_db()
    assert service.phase == "active" and ends(service) == date(2029, 3, 1)
    assert spent() >= YEAR + RESTORE


def test_what_having_it_back_costs_is_known_before_it_is_paid(scene: Scene) -> None:
    service = adopted(scene, "grüße-aus-köln.de")
    on(scene, date(2028, 2, 24))
    assert priced(service).fees["registry"].amount is None, "nobody asks before it matters"
    on(scene, date(2028, 2, 25))
    service.refresh_from_db()
    assert priced(service).fees["registry"].amount == RESTORE
    drawn = course(service, scene.clock.at.date(), "10,00 EUR").told
    assert "40,00" in str(drawn[0]["cost"]) or "40.00" in str(drawn[0]["cost"])
    assert not Work.objects.filter(done=None).exists() and policy_of(service).fees["registry"].amount is None


def test_what_the_policy_says_of_the_fee_counts_more(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    service = adopted(scene)
    said = policy_of(service)
    fees = {**said.fees, "registry": replace(said.fees["registry"], amount=9900)}
    monkeypatch.setattr("gasthof.slices.lifecycle.pricing.policy_of", lambda _: replace(said, fees=fees))
    on(scene, date(2028, 2, 25))
    assert priced(service).fees["registry"].amount == 9900
    assert not Operation.objects.filter(verb="restore_quote").exists()


def test_a_registry_that_quotes_nothing_is_asked_again(scene: Scene) -> None:
    service = adopted(scene)
    scene.registry.fail("restore_quote", "refused")
    on(scene, date(2028, 2, 25))
    assert "refused" in Work.objects.get(done=None).words and priced(service).fees["registry"].amount is None
    scene.later(minutes=61)
    settle(scene)
    assert priced(service).fees["registry"].amount == RESTORE


def test_never_paid_a_de_goes_back_to_its_registry_and_is_not_deleted(scene: Scene) -> None:
    service = adopted(scene)
    perform(SYSTEM, "lifecycle.note_notice", {"service": service.pk}, clocks(scene))
    for days in (-6, -5, 0, 54, 55, 56):
        on(scene, date(2028, 3, 1) + timedelta(days=days))
    service.refresh_from_db()
    assert service.phase == "released"
    assert [each.verb for each in Operation.objects.exclude(verb="create").order_by("pk")] == [
        "restore_quote",
        "release",
    ]
    assert not Work.objects.filter(done=None).exists()
    assert list(adopt(clocks(scene))) == [], "it does not begin anew"
