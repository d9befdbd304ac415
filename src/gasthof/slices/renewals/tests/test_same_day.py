"""A payment, a wish for the end, and that it is taken back, on one day: in whichever order they come, the end is the same.

What the day leaves is done as the next one begins: a wish that stands then gives the money back.
"""

from datetime import timedelta
from itertools import permutations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.readers import owner

from gasthof.kernel.actions import perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.billing import books
from gasthof.slices.billing.models import CreditNote, Proforma
from gasthof.slices.billing.tests.test_billing import check
from gasthof.slices.lifecycle.models import Event, Service
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.renewals.asking import ask_due
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Asked, Carried
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, desk, noon, open_proforma

__all__ = ["desk"]  # fixture
DAY = EXPIRES - timedelta(days=10)
NEXT = DAY + timedelta(days=1)
ACTS = ["pay", "pay", "carry", "carry", "ask", "sweep"]
WISHES = [["wish"], ["wish", "revoke"], ["wish", "revoke", "wish"], ["wish", "revoke", "wish", "revoke"]]


def begun(desk: Desk, type_: str = "hosting") -> Service:
    service = desk.begin(type_)
    desk.go(DAY)
    return service


def wish(desk: Desk, service: Service, day: object = EXPIRES) -> None:
    desk.do("lifecycle.terminate", service=service.pk, authorised="Brief der Köchin", on=str(day))


def end(desk: Desk, service: Service) -> tuple[object, ...]:
    service.refresh_from_db()
    credit = books.credit(desk.customer.number, "EUR")
    carried = list(Carried.objects.filter(service=service).values_list("outcome", "until"))
    return service.phase, service.first_unpaid, service.ends_on, service.due_at, carried, credit


@pytest.mark.parametrize("order", list(permutations(["pay", "wish", "carry"])), ids="-".join)
def test_in_each_order_it_is_given_back(desk: Desk, order: tuple[str, ...]) -> None:
    service = begun(desk)
    proforma = open_proforma(service)
    for one in order:
        if one == "pay":
            desk.pay(proforma)
        elif one == "wish":
            wish(desk, service)
        else:
            list(carry_over(desk.clocks))
    for _ in range(2):
        desk.go(NEXT)
    assert end(desk, service) == (
        "active", EXPIRES, EXPIRES, EXPIRES, [(Carried.RETURNED, None)], proforma.total,
    )  # fmt: skip
    assert CreditNote.objects.count() == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(ACTS), st.sampled_from(WISHES), st.lists(st.integers(0, len(ACTS)), min_size=4, max_size=4))
def test_wishes_that_come_and_go_in_between_count_as_the_day_leaves_them(
    desk: Desk, order: list[str], wishes: list[str], at: list[int]
) -> None:
    for position, one in reversed(list(zip(sorted(at), wishes, strict=False))):
        order = [*order[:position], one, *order[position:]]
    with transaction.atomic():
        service = begun(desk)
        proforma = open_proforma(service)
        for one in order:
            act(desk, service, proforma, one)
        list(carry_over(desk.clocks))
        desk.go(NEXT)
        until, credit = (EXPIRES.replace(year=2028), 0) if wishes[-1] == "revoke" else (EXPIRES, 1)
        assert end(desk, service)[1] == until and books.credit(desk.customer.number, "EUR") == credit * proforma.total
        assert Carried.objects.get(service=service).outcome == (Carried.RETURNED if credit else Carried.RENEWED)
        assert Event.objects.filter(service=service, what="paid_back").count() <= credit
        check()
        transaction.set_rollback(True)


def act(desk: Desk, service: Service, proforma: Proforma, one: str) -> None:
    """Paid twice is the same booking told of by two statements."""
    if one == "pay":
        desk.pay(proforma)
    elif one == "wish":
        wish(desk, service)
    elif one == "revoke":
        desk.do("lifecycle.revoke_termination", service=service.pk)
    elif one == "carry":
        list(carry_over(desk.clocks))
    elif one == "ask":
        list(ask_due(desk.clocks))
    else:
        sweep(desk.clock.at)


def test_what_is_to_be_paid_stands_until_the_day_of_the_wish_is_over(desk: Desk) -> None:
    service = begun(desk)
    proforma, at = open_proforma(service), f"/services/{service.pk}/"
    wish(desk, service)
    list(ask_due(desk.clocks))
    assert open_proforma(service) == proforma
    assert "Pay proforma invoice" not in owner(desk.house).get(at).content.decode(), "nobody is asked for it meanwhile"
    desk.do("lifecycle.revoke_termination", service=service.pk)
    assert "Pay proforma invoice" in owner(desk.house).get(at).content.decode()
    wish(desk, service)
    desk.go(NEXT)
    proforma.refresh_from_db()
    assert proforma.state == Proforma.EXPIRED


def test_two_periods_that_were_paid_that_day_are_both_given_back(desk: Desk) -> None:
    service = begun(desk)
    paid = []
    for _ in range(2):
        paid.append(open_proforma(service))
        desk.pay(paid[-1])
        list(carry_over(desk.clocks))
        desk.do("renewals.ask", service=service.pk)
    wish(desk, service)
    desk.go(NEXT)
    assert end(desk, service)[1] == EXPIRES and books.credit(desk.customer.number, "EUR") == sum(
        each.total for each in paid
    )


def test_taken_back_on_a_later_day_the_wish_leaves_it_to_be_paid_again(desk: Desk) -> None:
    service = begun(desk)
    desk.pay(open_proforma(service))
    list(carry_over(desk.clocks))
    wish(desk, service)
    desk.go(NEXT)
    desk.do("lifecycle.revoke_termination", service=service.pk)
    desk.go(NEXT)
    asked = Asked.objects.get(service=service, standing=True)
    assert asked.first_unpaid == EXPIRES and asked.proforma.state == Proforma.OPEN
    words = Event.objects.filter(service=service, what="paid_back").values_list("value", flat=True)
    assert list(words) == [EXPIRES.isoformat()]


def test_a_later_wish_or_a_later_day_gives_nothing_back(desk: Desk) -> None:
    """What was paid for on another day is paid for; an end behind the period that was paid for takes nothing of that."""
    first, second = begun(desk), desk.begin("mail")
    desk.go(DAY)
    for service in (first, second):
        desk.pay(open_proforma(service))
    list(carry_over(desk.clocks))
    wish(desk, second, EXPIRES + timedelta(days=40))
    desk.clock.at = noon(DAY + timedelta(days=1))
    wish(desk, first)
    list(carry_over(desk.clocks))
    assert set(Carried.objects.values_list("outcome", flat=True)) == {Carried.RENEWED}
    assert books.credit(desk.customer.number, "EUR") == 0


def test_what_ended_the_same_day_for_a_breach_is_given_back(desk: Desk) -> None:
    service = begun(desk)
    desk.pay(open_proforma(service))
    list(carry_over(desk.clocks))
    fields = {"service": service.pk, "authorised": "Köchin und Gärtner"}
    perform(SYSTEM, "lifecycle.end_for_breach", fields, desk.clocks)
    sweep(desk.clock.at)
    list(carry_over(desk.clocks))
    service.refresh_from_db()
    assert service.ended == DAY and Carried.objects.get().outcome == Carried.RETURNED
    assert books.credit(desk.customer.number, "EUR") == Proforma.objects.get().total


def test_without_a_wish_nothing_that_is_paid_is_taken_back(desk: Desk) -> None:
    service = begun(desk)
    desk.pay(open_proforma(service))
    list(carry_over(desk.clocks))
    with pytest.raises(ActionRefused, match="wished for"):
        desk.do("lifecycle.set_unpaid", service=service.pk, first_unpaid=EXPIRES.isoformat())
