"""Whose customers nobody can ask to pay, since nobody has said what it costs: put off, and told to staff."""

from datetime import timedelta

import pytest
from tests.readers import operator

from gasthof.slices.lifecycle import changing
from gasthof.slices.lifecycle.models import Event, Service, Work
from gasthof.slices.lifecycle.putting_off import PUT_OFF, put_off
from gasthof.slices.lifecycle.rules.facts import Termination
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.renewals import unpriced
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, desk, noon, paid_until

__all__ = ["desk"]  # fixture


def swept(desk: Desk, offset: int) -> None:
    """As the worker does it."""
    desk.clock.at = noon(EXPIRES + timedelta(days=offset))
    sweep(desk.clock.at, before=put_off)


def phase(service: Service) -> str:
    service.refresh_from_db()
    return service.phase


def test_what_was_suspended_unasked_is_open_again_and_put_off_once_in_days(desk: Desk) -> None:
    service = desk.begin("shop")
    sweep(noon(EXPIRES))
    assert phase(service) == "suspended"
    swept(desk, 1)
    until = EXPIRES + timedelta(days=1) + PUT_OFF
    assert phase(service) == "active" and paid_until(service) == until
    assert list(Work.objects.filter(service=service).values_list("action", flat=True)) == ["suspend", "open"]
    for offset in (2, 3, 4):
        swept(desk, offset)
    assert list(Event.objects.filter(what="put_off").values_list("value", flat=True)) == [until.isoformat()]
    page = operator().get(f"/services/{service.pk}/").content.decode()
    assert "Nobody had said what it costs" in page and "grün.test" in page and "Nobody has said yet" in page
    assert any("is put off" in words for words in desk.do("lifecycle.foresee", service=service.pk)["why"])
    desk.do("renewals.set_price", type="shop", months=12, net="24")
    assert "Nobody has said yet" not in operator().get(f"/services/{service.pk}/").content.decode()


def test_a_registry_waits_for_no_price_and_staff_are_told(desk: Desk) -> None:
    service = desk.begin("domain", tld="xn--kln-sna", first_unpaid=EXPIRES)
    swept(desk, -5)
    assert paid_until(service) == EXPIRES
    (alarm,) = unpriced.alarms(desk.clocks)
    assert "Domain .köln" in alarm.title and "does not wait" in alarm.words
    desk.do("renewals.set_price", type="domain", months=12, net="12")
    assert unpriced.alarms(desk.clocks) == []


def test_many_of_a_kind_are_one_alarm(desk: Desk) -> None:
    for later in (3, 0, 5):
        desk.begin("shop", first_unpaid=EXPIRES + timedelta(days=later))
    desk.clock.at = noon(EXPIRES - timedelta(days=20))
    (alarm,) = unpriced.alarms(desk.clocks)
    assert alarm.words.startswith("3 services have to be paid, the first from 3 March 2027 on")


@pytest.mark.parametrize("how", ["agreed", "by hand", "ends"])
def test_who_was_asked_or_is_to_end_is_put_off_no_day(desk: Desk, how: str) -> None:
    service = desk.begin("shop")
    if how == "agreed":
        desk.do("renewals.agree", service=service.pk, months=1, net="9,90")
    elif how == "by hand":
        line = f"lifecycle:{service.pk}; Laden; 9,90; standard; {EXPIRES}; 2027-04-02"
        desk.do("billing.issue", customer=desk.customer.number, lines=[line], valid_until="2027-04-01")
    else:
        changing.terminate(service, Termination(EXPIRES, "owner:köchin", "code"), desk.clock.at)
    swept(desk, -1)
    assert paid_until(service) == EXPIRES and unpriced.alarms(desk.clocks) == []


def test_a_halted_sweep_puts_off_nothing(desk: Desk) -> None:
    service = desk.begin("shop")
    swept(desk, -40)
    swept(desk, 400)
    assert paid_until(service) == EXPIRES
