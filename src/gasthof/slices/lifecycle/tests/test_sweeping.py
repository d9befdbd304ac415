"""The sweep on PostgreSQL against the pure function, and everything that may come between."""

from datetime import UTC, date, datetime

import pytest
from django.db import Error, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle import changing, policies, witness
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.models import Event, Service, Sweep, Work
from gasthof.slices.lifecycle.rules.brake import BACKWARDS, JUMP, RESTORED, STORM
from gasthof.slices.lifecycle.rules.facts import ABUSE, LEGAL, SECURITY, TAKES, Facts, Hold, Termination, mask
from gasthof.slices.lifecycle.rules.timeline import as_planned, timeline
from gasthof.slices.lifecycle.sweeping import Approval, sweep, today
from gasthof.slices.lifecycle.tests.conftest import Trade, noon
from gasthof.slices.lifecycle.tests.policies import EDGES, FIRST, OWN_DAYS, SHIPPED, TEXT, days, facts, offsets

pytestmark = pytest.mark.django_db
DB = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
START = FIRST - days(70)


def phases(service: Service) -> list[tuple[int, str]]:
    rows = Event.objects.filter(service=service, what="phase").order_by("id")
    return [((row.due - FIRST).days, row.value) for row in rows]


def work(service: Service) -> list[str]:
    return list(Work.objects.filter(service=service).order_by("id").values_list("action", flat=True))


def make(trade: Trade, of: Facts) -> Service:
    made = trade.begin(of.type, of.first_unpaid, of.first_unpaid - days(100), tld=of.tld)
    for hold in of.holds:
        changing.put_hold(made, hold, noon(of.first_unpaid - days(99)))
    wish = of.termination
    if wish:
        row = changing.terminate(made, wish, noon(of.first_unpaid - days(98)))
        if wish.revoked:
            changing.revoke(row, noon(of.first_unpaid - days(97)))
    if of.noticed:
        changing.notice_delivered(made, of.noticed, noon(of.first_unpaid - days(96)))
    return made


@pytest.mark.parametrize("first", EDGES[:4], ids=str)
def test_a_year_of_days_is_what_the_timeline_said(trade: Trade, first: date) -> None:
    """The preview for each day is what sweeping to that day does, for each type, day by day."""
    start, said = first - days(10), {}
    for type_, tld in OWN_DAYS:
        of = Facts(type_, tld, first, noticed=first - days(9))
        service = trade.begin(type_, first, start, tld=tld)
        changing.notice_delivered(service, of.noticed, noon(start))
        said[service.pk] = timeline(SHIPPED, of, start)
    for n in range(100):
        day = start + days(n)
        trade.sweep(day)
        for service in Service.objects.all():
            step = [each for each in said[service.pk] if each.day <= day][-1]
            assert (service.phase, service.due_at) == (step.phase, step.last and step.last + days(1))


@DB
@given(st.lists(facts(FIRST), min_size=1, max_size=6), st.lists(st.integers(1, 25), min_size=1, max_size=8))
def test_sql_equals_python_whatever_days_are_swept(trade: Trade, all_of_them: list[Facts], gaps: list[int]) -> None:
    with transaction.atomic():
        for of in all_of_them:
            make(trade, of)
        day = START
        for gap in gaps:
            trade.sweep(day)
            day += days(gap)
        transaction.set_rollback(True)


@DB
@given(facts(FIRST), offsets)
def test_sweeping_twice_equals_once(trade: Trade, of: Facts, offset: int) -> None:
    with transaction.atomic():
        make(trade, of)
        trade.sweep(FIRST + days(offset))
        before = [list(model.objects.order_by("pk").values()) for model in (Service, Event, Work)]
        assert trade.sweep(FIRST + days(offset)).moved == 0
        assert [list(model.objects.order_by("pk").values()) for model in (Service, Event, Work)] == before
        transaction.set_rollback(True)


@DB
@given(
    st.permutations(["sweep", "pay", "hold", "lift", "wish", "revoke", "notice", "sweep", "pay"]), st.integers(-3, 50)
)
def test_any_order_in_a_day_ends_the_same(trade: Trade, order: list[str], offset: int) -> None:
    """Where the payment is known that day nothing is ever lost: order and repetition make no difference."""
    day = FIRST + days(offset)
    with transaction.atomic():
        service = trade.begin("hosting", FIRST, START)
        held = changing.put_hold(service, Hold(ABUSE, "staff:anna"), noon(START))
        wish = changing.terminate(service, Termination(day + days(300), "owner:köchin", "code"), noon(START))
        does = {
            "sweep": lambda: sweep(noon(day)),
            "pay": lambda: changing.paid_until(service, FIRST + days(365), noon(day)),
            "hold": lambda: changing.put_hold(service, Hold(SECURITY, "rspamd"), noon(day)),
            "lift": lambda: changing.lift_hold(held, noon(day)),
            "wish": lambda: None,
            "revoke": lambda: changing.revoke(wish, noon(day)),
            "notice": lambda: changing.notice_delivered(service, day, noon(day)),
        }
        for one in order:
            does[one]()
        found = Service.objects.get(pk=service.pk)
        assert (found.phase, found.first_unpaid, found.due_at, found.keeps, found.ends_on) == (
            "active", FIRST + days(365), FIRST + days(365), 0, None,
        )  # fmt: skip
        assert audit(day).differences == ()
        transaction.set_rollback(True)


def test_after_an_outage_each_phase_is_told_and_the_last_effect_done(trade: Trade) -> None:
    service = trade.begin("domain", FIRST, START, tld="com")
    trade.sweep(FIRST - days(1))
    trade.sweep(FIRST + days(30))
    assert phases(service) == [(0, "renewable"), (30, "quarantine")]
    assert work(service) == ["quarantine"]


def test_what_was_to_end_in_an_outage_is_not_closed_before_it_ends(trade: Trade) -> None:
    service = trade.begin("hosting", FIRST, START)
    changing.terminate(service, Termination(FIRST + days(3), "owner:köchin", "code"), noon(START))
    trade.sweep(FIRST - days(1))
    swept = trade.sweep(FIRST + days(5))
    assert (swept.moved, swept.ended, swept.spared) == (1, 1, 1)
    assert phases(service) == [(0, "suspended"), (3, "deleted")]
    assert work(service) == ["delete"]


def test_customers_lose_no_days_because_the_house_was_down(trade: Trade) -> None:
    service = trade.begin("hosting", FIRST, START)
    changing.notice_delivered(service, START, noon(START))
    trade.sweep(FIRST + days(55))
    trade.sweep(FIRST + days(65))
    found = Service.objects.get(pk=service.pk)
    assert (found.phase, found.spared, found.due_at) == (
        "suspended",
        9,
        FIRST + days(69),
    )  # four were left when it went down
    assert Sweep.objects.latest("id").spared == 1


def test_days_before_the_expiry_are_not_given_back(trade: Trade) -> None:
    paid = trade.begin("hosting", FIRST + days(40), START)
    expiring = trade.begin("hosting", FIRST, START)
    trade.sweep(FIRST - days(5))
    trade.sweep(FIRST + days(5))
    rows = dict(Service.objects.values_list("pk", "spared"))
    assert rows == {paid.pk: 0, expiring.pk: 5}


def test_nothing_is_deleted_without_a_notice_and_its_age(trade: Trade) -> None:
    service = trade.begin("mail", FIRST, START)
    for offset in range(-1, 40):
        trade.sweep(FIRST + days(offset))
    assert Service.objects.get(pk=service.pk).phase == "suspended"
    changing.notice_delivered(service, FIRST + days(40), noon(FIRST + days(40)))
    changing.notice_delivered(service, FIRST + days(45), noon(FIRST + days(45)))
    trade.sweep(FIRST + days(46))
    assert Service.objects.get(pk=service.pk).phase == "suspended"
    trade.sweep(FIRST + days(47))
    assert Service.objects.get(pk=service.pk).phase == "deleted"
    assert work(service) == ["suspend", "delete"]


def test_a_notice_of_a_former_unpaid_time_counts_for_nothing_later(trade: Trade) -> None:
    service = trade.begin("mail", FIRST, START)
    changing.notice_delivered(service, FIRST, noon(FIRST))
    changing.paid_until(service, FIRST + days(30), noon(FIRST))
    assert Service.objects.get(pk=service.pk).noticed is None


def test_a_payment_opens_at_once_and_twice_is_once(trade: Trade) -> None:
    service = trade.begin("hosting", FIRST, START)
    trade.sweep(FIRST + days(3))
    for _ in range(2):
        assert changing.paid_until(service, FIRST + days(365), noon(FIRST + days(3)))
    assert work(service) == ["suspend", "open"]
    assert Event.objects.filter(service=service, what="paid").count() == 1
    assert Service.objects.get(pk=service.pk).phase == "active"


def test_suspended_months_do_not_make_the_paid_time_shorter_or_longer(trade: Trade) -> None:
    service = trade.begin("hosting", FIRST, START)
    trade.sweep(FIRST + days(50))
    changing.paid_until(service, FIRST + days(365), noon(FIRST + days(50)))
    found = Service.objects.get(pk=service.pk)
    assert (found.first_unpaid, found.due_at) == (FIRST + days(365), FIRST + days(365))


def test_a_late_payment_revives_nothing(trade: Trade) -> None:
    service = trade.begin("mail", FIRST, START)
    changing.notice_delivered(service, START, noon(START))
    trade.sweep(FIRST + days(14))
    assert not changing.paid_until(service, FIRST + days(365), noon(FIRST + days(15)))
    trade.sweep(FIRST + days(16))
    found = Service.objects.get(pk=service.pk)
    assert (found.phase, found.first_unpaid) == ("deleted", FIRST)


def test_nobody_is_suspended_who_was_never_asked_for_money(trade: Trade) -> None:
    """Without a first unpaid day time does nothing."""
    service = trade.begin("hosting", None, START)
    trade.sweep(FIRST + days(900))
    assert (Service.objects.get(pk=service.pk).phase, work(service)) == ("active", [])


def test_an_abuse_case_keeps_a_paid_service_and_what_is_unpaid(trade: Trade) -> None:
    service = trade.begin("mail", FIRST, START)
    changing.notice_delivered(service, START, noon(START))
    held = changing.put_hold(service, Hold(ABUSE, "staff:anna", "V-7", 1), noon(START))
    for offset in range(81):
        trade.sweep(FIRST + days(offset))
    assert Service.objects.get(pk=service.pk).phase == "suspended"
    changing.lift_hold(held, noon(FIRST + days(81)))
    assert Service.objects.get(pk=service.pk).phase == "suspended"
    trade.sweep(FIRST + days(81))
    assert Service.objects.get(pk=service.pk).phase == "suspended", "nobody was told of this day"
    changing.notice_delivered(service, FIRST + days(81), noon(FIRST + days(81)))
    trade.sweep(FIRST + days(88))
    assert Service.objects.get(pk=service.pk).phase == "deleted"


def test_a_wish_ends_it_on_its_day_and_can_be_withdrawn_before(trade: Trade) -> None:
    service, other = (trade.begin("hosting", FIRST + days(300), START) for _ in range(2))
    wishes = [
        changing.terminate(each, Termination(FIRST, "owner:köchin", "code"), noon(START)) for each in (service, other)
    ]
    with pytest.raises(Refused, match="already"):
        changing.terminate(service, Termination(FIRST, "owner:köchin", "code"), noon(START))
    trade.sweep(FIRST - days(1))
    changing.revoke(wishes[1], noon(FIRST - days(1)))
    trade.sweep(FIRST)
    assert [Service.objects.get(pk=each.pk).phase for each in (service, other)] == ["deleted", "active"]
    changing.revoke(wishes[0], noon(FIRST))
    trade.sweep(FIRST + days(1))
    assert Service.objects.get(pk=service.pk).phase == "deleted"


def test_law_keeps_it_even_against_a_wish(trade: Trade) -> None:
    service = trade.begin("hosting", FIRST + days(300), START)
    changing.terminate(service, Termination(FIRST, "owner:köchin", "code"), noon(START))
    changing.put_hold(service, Hold(LEGAL, "gericht"), noon(START))
    trade.sweep(FIRST)
    assert Service.objects.get(pk=service.pk).phase == "active"


def test_what_hangs_below_follows_and_comes_back_with_its_parent(trade: Trade) -> None:
    parent = trade.begin("multihosting", FIRST, START)
    subserver = trade.begin("subserver", None, START, parent=parent)
    zone = trade.begin("dns", None, START, parent=subserver)
    other = trade.begin("subserver", None, START)
    trade.sweep(FIRST)
    all_of_them = (parent, subserver, zone, other)
    assert [Service.objects.get(pk=each.pk).phase for each in all_of_them] == [
        "suspended",
        "suspended",
        "locked",
        "active",
    ]
    assert [work(each) for each in all_of_them] == [["suspend"], ["suspend"], ["lock"], []]
    changing.paid_until(parent, FIRST + days(365), noon(FIRST))
    assert {Service.objects.get(pk=each.pk).phase for each in all_of_them} == {"active"}
    assert audit(FIRST).differences == ()


def test_an_ended_parent_takes_those_below_along_and_no_others(trade: Trade) -> None:
    parent, neighbour = (trade.begin("multihosting", FIRST + days(n), START) for n in (0, 300))
    below, others = (trade.begin("subserver", None, START, parent=each) for each in (parent, neighbour))
    kept = trade.begin("subserver", None, START, parent=parent)
    changing.put_hold(kept, Hold(ABUSE, "staff:anna"), noon(START))
    changing.notice_delivered(parent, START, noon(START))
    for offset in range(80):
        trade.sweep(FIRST + days(offset))
    found = [Service.objects.get(pk=each.pk).phase for each in (parent, below, kept, neighbour, others)]
    assert found == ["erased", "erased", "suspended", "active", "active"]
    assert work(below) == ["suspend", "delete", "erase"]


def test_many_ends_at_once_wait_for_a_person_and_the_rest_goes_on(trade: Trade) -> None:
    ending = [trade.begin("mail", FIRST, START) for _ in range(30)]
    for each in ending:
        changing.notice_delivered(each, START, noon(START))
    expiring = trade.begin("hosting", FIRST + days(14), START)
    trade.sweep(FIRST + days(13))
    swept = trade.sweep(FIRST + days(14))
    assert (swept.parked, swept.waiting, swept.ended, swept.moved) == ("many_ends", 30, 0, 1)
    assert Service.objects.get(pk=expiring.pk).phase == "suspended"
    assert audit(FIRST + days(14)).late == 30
    changing.paid_until(ending[0], FIRST + days(365), noon(FIRST + days(14)))
    agreed = trade.sweep(FIRST + days(14), approved=Approval("staff:anna", FIRST + days(14), STORM, 30))
    assert (agreed.parked, agreed.ended) == ("", 29)
    assert Sweep.objects.latest("id").approved_by == "staff:anna"
    assert trade.sweep(FIRST + days(14)).parked == ""


def ending(trade: Trade, count: int) -> None:
    for _ in range(count):
        changing.notice_delivered(trade.begin("mail", FIRST, START), START, noon(START))


@pytest.mark.parametrize(
    "approval",
    [
        Approval("staff:anna", FIRST + days(14), STORM, 29),  # one has come since it was looked at
        Approval("staff:anna", FIRST + days(13), STORM, 30),  # that was yesterday
        Approval("staff:anna", FIRST + days(14), JUMP),
    ],
    ids=str,
)
def test_what_nobody_has_looked_at_is_not_let_go_on(trade: Trade, approval: Approval) -> None:
    ending(trade, 30)
    trade.sweep(FIRST + days(13))
    swept = trade.sweep(FIRST + days(14), approved=approval)
    assert (swept.parked, swept.ended) == (STORM, 0)


def test_an_agreed_halt_does_not_let_many_ends_pass(trade: Trade) -> None:
    ending(trade, 30)
    day = FIRST + days(14)
    trade.sweep(FIRST + days(13))
    witness.remember(FIRST + days(20))
    assert trade.sweep(day).parked == RESTORED
    assert trade.sweep(day, approved=Approval("staff:anna", day, RESTORED)).parked == STORM


def test_what_waits_is_noted_once_until_it_changes(trade: Trade) -> None:
    ending(trade, 30)
    for _ in range(3):
        trade.sweep(FIRST + days(14))
    assert Sweep.objects.filter(parked=STORM).count() == 1
    ending(trade, 1)
    trade.sweep(FIRST + days(14))
    assert list(Sweep.objects.filter(parked=STORM).values_list("waiting", flat=True).order_by("pk")) == [30, 31]


def test_a_clock_that_was_put_right_goes_on_by_its_own_day_once_somebody_agreed(trade: Trade) -> None:
    trade.sweep(FIRST + days(20))
    assert trade.sweep(FIRST).parked == BACKWARDS
    trade.sweep(FIRST, approved=Approval("staff:anna", FIRST, BACKWARDS))
    assert (trade.sweep(FIRST).parked, trade.sweep(FIRST + days(1)).parked) == ("", "")


@pytest.mark.parametrize(
    ("day", "remembered", "reason"),
    [
        (FIRST + days(40), None, JUMP), (FIRST - days(1), None, BACKWARDS),
        (FIRST + days(1), FIRST + days(1), RESTORED),
    ],
)  # fmt: skip
def test_a_clock_that_jumped_or_a_restored_database_does_nothing(
    trade: Trade, day: date, remembered: date | None, reason: str
) -> None:
    service = trade.begin("mail", FIRST, START)
    changing.notice_delivered(service, START, noon(START))
    trade.sweep(FIRST)
    before = Service.objects.values().get(pk=service.pk)
    if remembered:
        witness.remember(remembered)
    swept = sweep(noon(day))
    assert (swept.parked, swept.moved) == (reason, 0)
    assert Service.objects.values().get(pk=service.pk) == before
    assert not Sweep.objects.latest("id").done


@pytest.mark.django_db(transaction=True)
def test_the_last_day_is_remembered_beside_the_database(trade: Trade) -> None:
    assert witness.remembered() is None
    sweep(noon(FIRST))
    assert witness.remembered() == FIRST
    Sweep.objects.all().delete()  # as an older dump has it
    assert (sweep(noon(FIRST)).parked, witness.remembered()) == (RESTORED, FIRST)
    sweep(noon(FIRST), approved=Approval("staff:anna", FIRST, RESTORED))
    assert sweep(noon(FIRST)).parked == ""


def test_what_cannot_be_read_lets_nothing_be_swept(trade: Trade) -> None:
    witness.place().write_text("heute")
    with pytest.raises(ValueError, match="isoformat"):
        sweep(noon(FIRST))
    assert not Sweep.objects.exists()


def test_events_are_written_once(trade: Trade) -> None:
    service = trade.begin("mail", FIRST, START)
    trade.sweep(FIRST)
    for change in (lambda: Event.objects.update(value="x"), lambda: Event.objects.filter(service=service).delete()):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


def test_the_audit_finds_what_somebody_changed_by_hand(trade: Trade) -> None:
    services = [trade.begin("hosting", FIRST, START) for _ in range(3)]
    bits = mask(TAKES[ABUSE])
    Service.objects.filter(pk=services[0].pk).update(phase="suspended")
    Service.objects.filter(pk=services[1].pk).update(due_at=FIRST + days(1))
    Service.objects.filter(pk=services[2].pk).update(keeps=1, held=True, closed=True, takes=bits, taken=bits)
    found = audit(START)
    assert {(each.service, each.count) for each in found.differences} == {(services[0].pk, 1), (services[1].pk, 1)}
    assert (found.services, found.loose) == (3, (services[2].pk,))


def test_the_houses_day_changes_at_its_own_midnight() -> None:
    """Summer and winter, and in the nights in which clocks are set."""
    for moment, day in (
        (datetime(2027, 3, 27, 22, 59, tzinfo=UTC), date(2027, 3, 27)), (datetime(2027, 3, 27, 23, 0, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 3, 28, 21, 59, tzinfo=UTC), date(2027, 3, 28)), (datetime(2027, 3, 28, 22, 0, tzinfo=UTC), date(2027, 3, 29)),
        (datetime(2027, 10, 31, 22, 59, tzinfo=UTC), date(2027, 10, 31)), (datetime(2027, 10, 31, 23, 0, tzinfo=UTC), date(2027, 11, 1)),
    ):  # fmt: skip
        assert today(moment) == day


def test_a_version_is_taken_once(trade: Trade) -> None:
    assert policies.take(TEXT, noon(FIRST)) == trade.version
    with pytest.raises(Refused, match="another policy of version 1"):
        policies.take(TEXT.replace("notice_days = 7", "notice_days = 8"), noon(FIRST))


def test_services_keep_the_version_that_they_are_pinned_to(trade: Trade) -> None:
    old = trade.begin("mail", FIRST, START)
    longer = TEXT.replace("version = 1", "version = 2").replace(
        'from = 14, does = "delete"', 'from = 21, does = "delete"'
    )
    new = trade.begin("mail", FIRST, START, version=policies.take(longer, noon(START)))
    for each in (old, new):
        changing.notice_delivered(each, START, noon(START))
    trade.sweep(FIRST + days(14))
    assert [Service.objects.get(pk=each.pk).phase for each in (old, new)] == ["deleted", "suspended"]


def test_a_planned_notice_makes_the_preview_say_when(trade: Trade) -> None:
    of = Facts("hosting", "", FIRST)
    assert timeline(SHIPPED, of, START)[-1].phase == "suspended"
    steps = timeline(SHIPPED, as_planned(SHIPPED, of, START), START)
    assert [(step.day - FIRST).days for step in steps if step.phase == "deleted"] == [60]
