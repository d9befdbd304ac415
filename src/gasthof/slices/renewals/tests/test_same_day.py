"""A payment and a wish for the end on one day: in whichever order they come, the customer has their money back, and the end is the same."""

from datetime import timedelta
from itertools import permutations

import pytest

from gasthof.kernel.actions import perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.billing import books
from gasthof.slices.billing.models import CreditNote, Proforma
from gasthof.slices.lifecycle.models import Event, Service
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Asked, Carried
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, desk, noon, open_proforma

__all__ = ["desk"]  # fixture
DAY = EXPIRES - timedelta(days=10)


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
        list(carry_over(desk.clocks))
    assert end(desk, service) == (
        "active", EXPIRES, EXPIRES, EXPIRES, [(Carried.RETURNED, None)], proforma.total,
    )  # fmt: skip
    assert CreditNote.objects.count() == 1


def test_two_periods_that_were_paid_that_day_are_both_given_back(desk: Desk) -> None:
    service = begun(desk)
    paid = []
    for _ in range(2):
        paid.append(open_proforma(service))
        desk.pay(paid[-1])
        list(carry_over(desk.clocks))
        desk.do("renewals.ask", service=service.pk)
    wish(desk, service)
    list(carry_over(desk.clocks))
    assert end(desk, service)[1] == EXPIRES and books.credit(desk.customer.number, "EUR") == sum(
        each.total for each in paid
    )


def test_taken_back_the_wish_leaves_it_to_be_paid_again(desk: Desk) -> None:
    service = begun(desk)
    desk.pay(open_proforma(service))
    list(carry_over(desk.clocks))
    wish(desk, service)
    list(carry_over(desk.clocks))
    desk.do("lifecycle.revoke_termination", service=service.pk)
    desk.go(DAY + timedelta(days=1))
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
