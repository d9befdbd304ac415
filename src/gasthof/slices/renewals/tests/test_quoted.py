"""A domain name in quarantine (spec L24): its registry says what having it back costs, the customer is asked for it, pays and has it back."""

import base64
from collections.abc import Iterator
from datetime import date

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.house import OPERATOR
from tests.readers import owner

from gasthof.kernel.actions import perform
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.tests.test_names import RESTORE, adopted, clocks, ends, on, settle
from gasthof.slices.registrar.tests.conftest import Scene, set_scene
from gasthof.slices.renewals import asking
from gasthof.slices.renewals.asking import ask_due
from gasthof.slices.renewals.carrying import carry_over

NAME, NET = "grüße-aus-köln.de", 1000  # cents a year


@pytest.fixture
def scene(db: None) -> Scene:
    return set_scene()


@pytest.fixture
def service(scene: Scene) -> Iterator[Service]:
    perform(
        OPERATOR, "renewals.set_price", {"type": "domain", "tld": "de", "months": 12, "net": "10,00"}, clocks(scene)
    )
    yield adopted(scene, NAME)


def asked(service: Service) -> Proforma:
    return Proforma.objects.get(asked__service=service, state=Proforma.OPEN)


def go(scene: Scene, day: date) -> None:
    on(scene, day)
    list(ask_due(clocks(scene)))


def test_the_fee_is_asked_for_as_soon_as_it_is_known(scene: Scene, service: Service) -> None:
    go(scene, date(2028, 2, 24))
    plain = asked(service)
    assert (plain.total, plain.valid_until) == (NET * 119 // 100, date(2028, 2, 24))

    jobs = ProcrastinateJob.objects.filter(task_name=asking.AT_ONCE)
    before = jobs.count()
    on(scene, date(2028, 2, 25))
    assert jobs.count() == before + 1, "what is known now is asked for at once"
    list(ask_due(clocks(scene)))
    dear = asked(service)
    assert dear.total == (NET + RESTORE) * 119 // 100
    shown = owner(scene.house).get(f"/services/{service.pk}/").content.decode()
    assert "40.00" in shown and "on request" not in shown


def test_paid_it_is_back_at_its_registry(scene: Scene, service: Service) -> None:
    go(scene, date(2028, 2, 25))
    proforma = asked(service)
    text = mt940([Line(proforma.total, f"VS:{proforma.number}", iban="")])
    perform(OPERATOR, "billing.upload_statement", {"file": base64.b64encode(text.encode()).decode()}, clocks(scene))
    list(carry_over(clocks(scene)))
    settle(scene)
    service.refresh_from_db()
    assert service.phase == "active" and ends(service) == service.first_unpaid == date(2029, 3, 1)
