"""Row L10: a TLD that asks an unlocking fee after suspension; what nobody knows beforehand is asked of staff, said once, and invoiced."""

from datetime import timedelta

import pytest
from tests.house import settle

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.billing.models import Proforma
from gasthof.slices.lifecycle import changing, policies, unsaid
from gasthof.slices.lifecycle.explaining import happened
from gasthof.slices.lifecycle.models import Event, PolicyVersion, Service
from gasthof.slices.lifecycle.queries import course
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, noon, open_proforma, paid_until

pytestmark = pytest.mark.django_db
PLAIN = '{ name = "frozen", from = 0, does = "take_out", can = ["renewable"] }'
ASKS = '{ name = "frozen", from = 0, does = "take_out", can = ["renewable_by_fee"], fee = "tld_unlock" }'


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(settle())


def policy(desk: Desk, amount: str = "") -> PolicyVersion:
    """As an operator would change it: .sk asks an unlocking fee."""
    text = policies.draft(policies.shipped()).replace(PLAIN, ASKS)
    return policies.take(text.replace("[fee.tld_unlock]", f"[fee.tld_unlock]\n{amount}"), desk.clock.at)


def begun(desk: Desk, version: PolicyVersion, **price: object) -> Service:
    desk.do("renewals.set_price", type="domain", months=12, **{"net": "12", **price})
    return desk.begin("domain", tld="sk", version=version)


def suspended(desk: Desk, service: Service) -> None:
    """On its first unpaid day, after what the sweep does."""
    desk.clock.at = noon(EXPIRES)
    changing.follow([service.pk], desk.clock.at)
    service.refresh_from_db()
    assert service.phase == "frozen"
    desk.go(EXPIRES)


def test_an_amount_of_the_policy_stands_on_the_proforma_from_the_suspension_on(desk: Desk) -> None:
    service = begun(desk, policy(desk, "amount = 1500"))
    desk.go(EXPIRES - timedelta(days=30))
    first = open_proforma(service)
    assert first.net == 1_200 and first.valid_until == EXPIRES - timedelta(days=1)
    said = str(course(service, EXPIRES - timedelta(days=30)).told[1]["cost"])
    assert "The registry’s unlocking fee 15.00\xa0EUR without VAT" in said, "it is told ahead"
    suspended(desk, service)
    second = open_proforma(service)
    assert (second.replaces, second.net) == (first, 2_700) and unsaid.alarms() == []
    desk.pay(second)
    list(carry_over(desk.clocks))
    service.refresh_from_db()
    assert service.phase == "active" and service.first_unpaid == paid_until(service) != EXPIRES


def test_without_one_staff_are_asked_and_what_they_say_is_invoiced_once(desk: Desk) -> None:
    service = begun(desk, policy(desk))
    desk.go(EXPIRES - timedelta(days=30))
    assert unsaid.alarms() == [], "it is not waited for yet"
    suspended(desk, service)
    assert not Proforma.objects.filter(state="open").exists(), "nothing is made up"
    (alarm,) = unsaid.alarms()
    assert alarm.url == f"/services/{service.pk}/fee" and service.unicode in alarm.words
    assert "on request" in str(course(service, EXPIRES).told[0]["cost"])
    desk.do("lifecycle.say_fee", service=service.pk, cents=1490)
    desk.do("lifecycle.say_fee", service=service.pk, cents=1500)
    assert unsaid.alarms() == [] and "15.00" in str(course(service, EXPIRES).told[0]["cost"])
    assert "15.00" in happened("fee", Event.objects.filter(what="fee").latest("pk").value)
    desk.go(EXPIRES + timedelta(days=1))
    proforma = open_proforma(service)
    assert proforma.net == 2_700
    desk.pay(proforma)
    list(carry_over(desk.clocks))
    again = paid_until(service)
    assert again is not None and again > EXPIRES
    service.refresh_from_db()
    assert "on request" in str(course(service, EXPIRES + timedelta(days=2)).told[1]["cost"]), (
        "the next time may cost something else"
    )


def test_a_fee_in_another_currency_than_the_price_is_not_converted(desk: Desk) -> None:
    service = begun(desk, policy(desk, "amount = 1500"), net="300", currency="CZK")
    desk.go(EXPIRES - timedelta(days=30))
    assert open_proforma(service).currency == "CZK"
    suspended(desk, service)
    assert not Proforma.objects.filter(state="open").exists()
    with pytest.raises(ActionRefused, match="asked for first"):
        desk.do("renewals.ask", service=service.pk)


def test_where_the_policy_leaves_nothing_open_nothing_is_said(desk: Desk) -> None:
    service = desk.begin()
    with pytest.raises(ActionRefused, match="leaves no fee"):
        desk.do("lifecycle.say_fee", service=service.pk, cents=1500)
