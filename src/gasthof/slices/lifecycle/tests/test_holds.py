"""Holds reach machines: closed at once, and open again exactly when nothing closes any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.house import OPERATOR, House, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.lifecycle import carrying, changing
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.knowing import facts_of, policy_of
from gasthof.slices.lifecycle.models import Event, Hold, Service, Work
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import ABUSE, LEGAL, REGISTRY, SECURITY, STAFF
from gasthof.slices.lifecycle.rules.policy import SERVED
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.lifecycle.tests.conftest import Trade, noon
from gasthof.slices.lifecycle.tests.policies import FIRST, days
from gasthof.slices.lifecycle.tests.test_carrying import NAME, on
from gasthof.slices.subscriptions.models import Subscription

pytestmark = pytest.mark.django_db
DB = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
START = FIRST - days(20)


class Killed(Exception):
    pass


def machine(service: Service) -> str:
    """What it was last told."""
    told = Work.objects.filter(service=service).order_by("id").values_list("action", flat=True).last()
    return {None: "open", "open": "open", "suspend": "shut"}[told]


def wanted(service: Service, on_: date) -> str:
    row = Service.objects.get(pk=service.pk)
    return "open" if SERVED in evaluate(policy_of(row), facts_of(row, on_), on_).capabilities else "shut"


@DB
@given(
    st.lists(
        st.sampled_from(["sweep", "pay", "lift parent", "lift own"])
        | st.tuples(st.sampled_from(["parent", "own"]), st.sampled_from([ABUSE, LEGAL, SECURITY, REGISTRY, STAFF])),
        max_size=9,
    ),
    st.integers(-3, 20),
)
def test_whatever_comes_a_machine_is_open_exactly_when_it_may_be_served(
    trade: Trade, order: list[object], offset: int
) -> None:
    day = FIRST + days(offset)
    with transaction.atomic():
        parent = trade.begin("multihosting", FIRST, START)
        own = trade.begin("subserver", None, START, parent=parent)
        sweep(noon(day))
        for one in order:
            match one:
                case "sweep":
                    sweep(noon(day))
                case "pay":
                    changing.paid_until(parent, FIRST + days(365), noon(day))
                case "lift parent" | "lift own":
                    held = Hold.objects.filter(service=parent if one == "lift parent" else own, lifted=None).first()
                    if held:
                        changing.lift_hold(held, noon(day))
                case (where, kind):
                    changing.put_hold(parent if where == "parent" else own, facts.Hold(kind, "staff:anna"), noon(day))
            assert [machine(each) for each in (parent, own)] == [wanted(each, day) for each in (parent, own)]
        found = audit(day)
        assert (found.differences, found.loose) == ((), ())
        transaction.set_rollback(True)


@DB
@given(st.permutations(["hold a", "hold b", "lift a", "lift b", "pay", "sweep"]))
def test_holds_commute_with_payments_and_sweeps(trade: Trade, order: list[str]) -> None:
    """A hold that is lifted before it is put was never there to be lifted: it is the same in each order once all are lifted."""
    with transaction.atomic():
        service, put = trade.begin("hosting", FIRST, START), {}
        for one in order:
            if one == "pay":
                changing.paid_until(service, FIRST + days(365), noon(FIRST))
            elif one == "sweep":
                sweep(noon(FIRST))
            elif one.startswith("hold"):
                put[one[-1]] = changing.put_hold(service, facts.Hold(STAFF, one), noon(FIRST))
            elif one[-1] in put:
                changing.lift_hold(put.pop(one[-1]), noon(FIRST))
        assert Service.objects.get(pk=service.pk).closed == bool(put)
        for hold in put.values():
            changing.lift_hold(hold, noon(FIRST))
        found = Service.objects.get(pk=service.pk)
        assert (found.phase, found.closed, machine(found)) == ("active", False, "open")
        transaction.set_rollback(True)


def test_a_parents_hold_closes_what_is_below_and_lifts_exactly_itself(trade: Trade) -> None:
    parent = trade.begin("multihosting", FIRST, START)
    free, own = (trade.begin("subserver", None, START, parent=parent) for _ in range(2))
    kept = changing.put_hold(own, facts.Hold(ABUSE, "staff:anna"), noon(START))
    held = changing.put_hold(parent, facts.Hold(SECURITY, "rspamd"), noon(START))
    assert [machine(each) for each in (parent, free, own)] == ["shut"] * 3
    assert list(Event.objects.filter(service=free, what="closed").values_list("value", flat=True)) == ["parent"]
    late = trade.begin("subserver", None, START, parent=parent)
    assert machine(late) == "shut", "what comes below it later"
    changing.lift_hold(held, noon(START))
    assert [machine(each) for each in (parent, free, late, own)] == ["open", "open", "open", "shut"]
    changing.lift_hold(kept, noon(START))
    assert machine(own) == "open" and audit(START).differences == ()


def test_the_audit_tells_of_what_was_opened_by_hand(trade: Trade) -> None:
    service = trade.begin("hosting", FIRST, START)
    changing.put_hold(service, facts.Hold(STAFF, "staff:anna"), noon(START))
    Service.objects.filter(pk=service.pk).update(closed=False)
    assert [each.service for each in audit(START).differences] == [service.pk]
    Service.objects.filter(pk=service.pk).update(closed=True, held=False)
    assert audit(START).loose == (service.pk,)


@contextmanager
def killed_at(nth: int) -> Iterator[list[int]]:
    """The transaction breaks at its statement of that number; how many there were."""
    count = [0]

    def wrapper(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        count[0] += "SAVEPOINT" not in sql  # the test's own way to roll back
        if count[0] == nth and "SAVEPOINT" not in sql:
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield count


def test_killed_at_each_statement_and_run_again_it_ends_the_same(trade: Trade) -> None:
    parent = trade.begin("multihosting", FIRST, START)
    child = trade.begin("subserver", None, START, parent=parent)

    def put() -> None:
        with transaction.atomic():
            changing.put_hold(parent, facts.Hold(SECURITY, "rspamd"), noon(START))

    kills = 0
    while True:
        try:
            with killed_at(kills + 1) as count:
                put()
        except Killed:
            kills += 1
            assert not Hold.objects.exists() and not Service.objects.filter(closed=True).exists()
            assert not Work.objects.exists() and not Event.objects.filter(what__in=("hold", "closed")).exists()
            continue
        break
    assert kills == count[0] > 3
    assert [machine(each) for each in (parent, child)] == ["shut", "shut"] and Work.objects.count() == 2


def test_a_hold_suspends_the_subscription_and_a_payment_does_not_open_it() -> None:
    house: House = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    begun = {"customer": house.baker.customer, "type": "hosting", "name": NAME, "first_unpaid": FIRST.isoformat()}
    made = perform(OPERATOR, "lifecycle.begin", begun | {"subscription": house.mine}, on(-40)).result["service"]

    def state() -> str:
        list(carrying.carry_out(on(0)))
        return Subscription.objects.get(number=int(house.mine[1:])).state

    holds = [
        perform(OPERATOR, "lifecycle.put_hold", {"service": made, "kind": kind}, on(-1)).result["hold"]
        for kind in (SECURITY, REGISTRY, ABUSE)
    ]
    assert state() == "suspended"
    perform(OPERATOR, "lifecycle.set_paid", {"service": made, "first_unpaid": "2028-03-03"}, on(0))
    assert state() == "suspended"
    for hold, then in zip(holds, ("suspended", "suspended", "active"), strict=True):
        perform(OPERATOR, "lifecycle.lift_hold", {"hold": hold}, on(0))
        assert state() == then


def test_a_severe_breach_ends_a_service_with_the_next_sweep(trade: Trade) -> None:
    service = trade.begin("hosting", FIRST + days(300), START)
    changing.terminate(service, facts.Termination(FIRST + days(9), "owner:köchin", "code"), noon(START))
    changing.put_hold(service, facts.Hold(ABUSE, "staff:anna"), noon(START))
    fields = {"service": service.pk, "authorised": "staff:anna, staff:bärbel"}
    perform(SYSTEM, "lifecycle.end_for_breach", fields, on(0))
    trade.sweep(FIRST)
    assert Service.objects.get(pk=service.pk).phase == "deleted"
