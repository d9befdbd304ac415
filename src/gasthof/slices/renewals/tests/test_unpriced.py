"""Whose customers nobody can ask to pay, since nobody has said what it costs: put off, and told to staff."""

from datetime import timedelta

import pytest
from tests.readers import operator

from gasthof.slices.lifecycle import changing, drawing, following
from gasthof.slices.lifecycle.models import Event, Service, Work
from gasthof.slices.lifecycle.putting_off import PUT_OFF, put_off
from gasthof.slices.lifecycle.queries import course, course_if
from gasthof.slices.lifecycle.rules.facts import Termination
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.renewals import unpriced
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, desk, noon, paid_until

__all__ = ["desk"]  # fixture

WAITS = "nothing until it has a price"


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


def drawn(desk: Desk, service: Service) -> list[tuple[str, str]]:
    steps = desk.do("lifecycle.foresee", service=service.pk)["steps"]
    assert isinstance(steps, list)
    return [(step["phase"], step["day"]) for step in steps[1:]]


def test_what_is_drawn_is_what_comes_and_not_a_day_that_is_put_off(desk: Desk) -> None:
    """While nobody says what it costs nothing comes of time, to it or to what belongs to it; then its day is the one that it was put off to."""
    tower = desk.begin("vms")
    below = desk.begin("subserver", parent=tower, first_unpaid=None)
    for offset in (-30, -11, -9, 0, 13):
        swept(desk, offset)
        assert (phase(tower), drawn(desk, tower), drawn(desk, below)) == ("active", [], [])
    assert "If nothing is paid until then" not in calendar_of(desk)
    assert [page.count(WAITS) for page in lists(desk)] == [2, 2] and "next on" not in card(desk)
    desk.do("renewals.set_price", type="vms", months=12, net="24")
    until = paid_until(tower)
    listed = f"{drawing.shown(until)}: suspended"
    assert [page.count(listed) for page in lists(desk)] == [2, 2] and WAITS not in "".join(lists(desk))
    assert until == EXPIRES + timedelta(days=13) + PUT_OFF
    assert drawn(desk, tower)[0] == drawn(desk, below)[0] == ("suspended", until.isoformat())
    assert "If nothing is paid until then" in calendar_of(desk)
    desk.clock.at = noon(until)
    sweep(desk.clock.at, before=put_off)
    assert phase(tower) == phase(below) == "suspended"


def lists(desk: Desk) -> list[str]:
    paths = ("/services/", f"/customers/{desk.customer.number}/services")
    return [operator().get(path).content.decode() for path in paths]


def card(desk: Desk) -> str:
    return operator().get(f"/customers/{desk.customer.number}/").content.decode()


def calendar_of(desk: Desk) -> str:
    desk.customer.refresh_from_db()
    desk.customer.language = "en"
    return following.text(desk.customer, desk.clock.at.date(), desk.clock.at).replace("\r\n ", "")


def test_its_customers_wish_for_an_end_is_drawn_without_a_price(desk: Desk) -> None:
    service = desk.begin("shop")
    end = EXPIRES + timedelta(days=40)
    desk.do("lifecycle.terminate", service=service.pk, authorised="Brief der Köchin", on=end.isoformat())
    assert drawn(desk, service)[0] == ("deleted", end.isoformat())


def test_a_wish_before_the_day_that_is_put_off_waits_for_no_price(desk: Desk) -> None:
    service = desk.begin("shop")
    day = desk.clock.at.date()
    assert course(service, day).waits
    wish = Termination(EXPIRES, "owner:köchin", "code")
    (_, end, *_rest), waits = course_if(service, day, wish).steps, course_if(service, day, wish).waits
    assert (end.phase, end.day, waits) == ("deleted", EXPIRES, False)
    changing.terminate(service, wish, desk.clock.at)
    service.refresh_from_db()
    assert course_if(service, day, None).waits, "as it will be once the wish is taken back"
