"""What the sweep wants is done: a subscription is suspended, opened, saved and deleted, each once, and nothing that is not saved goes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.house import OPERATOR, House, all_live, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks, FixedClock, SystemClock
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.lifecycle import carrying, changing, policies, queries
from gasthof.slices.lifecycle.daily import day_began
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.subscriptions.models import Export, Subscription

pytestmark = pytest.mark.django_db
FIRST = date(2027, 3, 3)
NAME = "grüße-aus-köln.test"


def on(offset: int) -> Clocks:
    """Noon of that day, counted from the first unpaid one."""
    return Clocks(SystemClock(), FixedClock(datetime.combine(FIRST + timedelta(days=offset), time(12), UTC)))


@pytest.fixture
def house() -> House:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    return house


@pytest.fixture
def service(house: House) -> Service:
    perform(OPERATOR, "renewals.set_price", {"type": "hosting", "months": 12, "net": "100,00"}, on(-40))
    fields = {"customer": house.baker.customer, "type": "hosting", "name": NAME, "first_unpaid": FIRST.isoformat()}
    done = perform(OPERATOR, "lifecycle.begin", {**fields, "subscription": house.mine}, on(-40))
    return Service.objects.get(pk=done.result["service"])


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], list[str]]:
    """Days pass, one after another; what was said on the last one."""
    monkeypatch.setattr("gasthof.slices.lifecycle.daily.PATIENCE", 0.0)

    def pass_(first: int, last: int) -> list[str]:
        said: list[str] = []
        for offset in range(first, last + 1):
            said = list(day_began(on(offset)))
        return said

    return pass_


def state(house: House) -> str:
    return Subscription.objects.get(number=int(house.mine[1:])).state


def test_unpaid_it_is_suspended_paid_it_is_open(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    passes(-2, -1)
    assert state(house) == "active"
    (said,) = passes(0, 0)
    assert NAME in said and state(house) == "suspended"
    assert passes(1, 5) == [] and Work.objects.filter(done=None).count() == 0
    jobs = ProcrastinateJob.objects.filter(task_name="lifecycle.carry_out", status="todo")
    before = set(jobs.values_list("pk", flat=True))
    perform(OPERATOR, "lifecycle.set_paid", {"service": service.pk, "first_unpaid": "2028-03-03"}, on(5))
    assert jobs.exclude(pk__in=before).count() == 1, "at once"
    assert list(carrying.carry_out(on(5))) and state(house) == "active"
    assert list(carrying.carry_out(on(5))) == []


def test_nothing_is_deleted_without_a_notice_or_before_it_is_saved(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    passes(0, 62)
    assert state(house) == "suspended", "nobody was told"
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(62))
    passes(63, 68)
    assert state(house) == "suspended", "told, and not yet a week ago"
    passes(69, 69)
    export = Export.objects.get(subscription=int(house.mine[1:]))
    work = Work.objects.get(service=service, action="delete")
    assert state(house) == "suspended" and work.archive == export.name and work.words and work.done is None
    assert list(carrying.carry_out(on(69))) and Subscription.objects.filter(number=int(house.mine[1:])).exists()
    all_live()
    list(carrying.carry_out(on(69)))
    assert not Subscription.objects.filter(number=int(house.mine[1:])).exists()
    assert Subscription.objects.filter(number=int(house.other[1:])).exists(), "the neighbour's stands"
    service.refresh_from_db()
    assert (service.phase, service.subscription_id, service.customer_id) == ("deleted", None, house.baker.customer)
    passes(70, 69 + 14)
    assert not Export.objects.filter(pk=export.pk).exists(), "what was saved is kept for the policy's days"


def test_what_was_saved_is_not_erased_before_the_service_is_deleted(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    """The node was away for longer than what is saved is kept."""
    passes(0, 50)
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(50))
    passes(51, 80)
    assert Export.objects.filter(subscription=int(house.mine[1:])).exists() and state(house) == "suspended"
    assert list(Work.objects.filter(done=None).order_by("pk").values_list("action", flat=True)) == ["delete", "erase"]
    all_live()
    passes(81, 81)
    assert not Export.objects.exists() and not Subscription.objects.filter(number=int(house.mine[1:])).exists()


def test_what_is_anothers_is_neither_closed_nor_deleted(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    """In a database that was restored, numbers come again."""
    passes(0, 50)
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(50))
    passes(51, 60)
    all_live()
    other = house.run("subscriptions.export", subscription=house.other).result["export"]
    all_live()
    Work.objects.filter(service=service, action="delete").update(archive=other)
    list(carrying.carry_out(on(61)))
    work = Work.objects.get(service=service, action="delete")
    assert work.done is None and work.archive not in ("", other) and state(house) == "suspended", "it is saved anew"
    Service.objects.filter(pk=service.pk).update(subscription=int(house.other[1:]))
    list(carrying.carry_out(on(61)))
    assert "another customer" in Work.objects.get(service=service, action="delete").words
    passes(61, 80)
    assert Export.objects.filter(number=int(other[1:])).exists()
    assert Subscription.objects.filter(number=int(house.other[1:]), state="active").exists()


def test_a_late_payment_revives_nothing(house: House, service: Service, passes: Callable[..., list[str]]) -> None:
    passes(0, 50)
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(50))
    passes(51, 60)
    with pytest.raises(ActionRefused) as caught:
        perform(OPERATOR, "lifecycle.set_paid", {"service": service.pk, "first_unpaid": "2028-03-03"}, on(60))
    assert [error.field for error in caught.value.errors] == ["service"]


def test_a_verb_that_refuses_is_tried_again_in_its_own_words(
    house: House, service: Service, passes: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = carrying.withheld_of
    monkeypatch.setattr(carrying, "withheld_of", lambda _: ["Grüße"])
    passes(0, 0)
    work = Work.objects.get(service=service, done=None)
    assert "mail_delivered" in work.words and state(house) == "active"
    monkeypatch.setattr(carrying, "withheld_of", real)
    assert list(carrying.carry_out(on(0))) and state(house) == "suspended"


def test_what_somebody_deleted_is_saved_again_before_the_service_goes(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    passes(0, 50)
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(50))
    passes(51, 60)
    first = Work.objects.get(service=service, action="delete").archive
    house.run("subscriptions.delete_export", export=first)
    all_live()
    list(carrying.carry_out(on(60)))
    work = Work.objects.get(service=service, action="delete")
    assert work.done is None and work.archive != first and state(house) == "suspended"
    all_live()
    list(carrying.carry_out(on(60)))
    assert not Subscription.objects.filter(number=int(house.mine[1:])).exists()


def test_a_piece_of_work_that_breaks_holds_up_no_other(
    house: House, service: Service, passes: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"customer": house.gardener.customer, "type": "hosting", "name": "gärtnerei-grün.test"}
    perform(
        OPERATOR, "lifecycle.begin", {**fields, "first_unpaid": FIRST.isoformat(), "subscription": house.other}, on(-40)
    )
    real = carrying.place

    def breaks(work: Work, clocks: Clocks) -> carrying.Outcome:
        if work.service_id == service.pk:
            raise RuntimeError("not foreseen")
        return real(work, clocks)

    monkeypatch.setattr(carrying, "DRIVERS", {"hosting": breaks})
    passes(0, 0)
    assert Subscription.objects.get(number=int(house.other[1:])).state == "suspended"
    assert state(house) == "active" and Work.objects.filter(done=None).count() == 1
    monkeypatch.setattr(carrying, "DRIVERS", {"hosting": real})
    list(carrying.carry_out(on(0)))
    assert state(house) == "suspended"


def test_a_parent_is_judged_by_the_version_that_it_is_pinned_to(house: House, service: Service) -> None:
    """The child came later, under a policy that suspends nothing for a month."""
    text = policies.shipped().replace("version = 1", "version = 2", 1)
    later = '{ name = "suspended", from = 0, does = "suspend", can = ["dns_served", "renewable"] }'
    version = policies.take(text.replace(later, later.replace("from = 0", "from = 30"), 1), on(-40).business.now())
    child = changing.begin(
        service.customer, "dns", f"a.{NAME}", on(-40).business.now(), version=version, parent=service
    )
    parent = queries.facts_of(child, FIRST).parent
    assert parent is not None and parent.phase == "suspended"


def test_of_several_only_the_last_counts(house: House, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker was away while it was suspended and paid again: its subscription, which can do all that it may, is told nothing."""
    monkeypatch.setattr("gasthof.slices.lifecycle.daily.carry_out", lambda _clocks: iter(()))
    monkeypatch.setattr("gasthof.slices.lifecycle.daily.PATIENCE", 0.0)
    list(day_began(on(0)))
    perform(OPERATOR, "lifecycle.set_paid", {"service": service.pk, "first_unpaid": "2028-03-03"}, on(5))
    assert list(Work.objects.filter(service=service).order_by("pk").values_list("action", flat=True)) == [
        "suspend",
        "open",
    ]
    asked: list[str] = []
    real = carrying.perform
    monkeypatch.setattr(carrying, "perform", lambda actor, verb, *rest: asked.append(verb) or real(actor, verb, *rest))
    list(carrying.carry_out(on(5)))
    assert asked == [] and state(house) == "active" and not Work.objects.filter(done=None).exists()


def test_a_closed_service_names_the_day_of_its_deletion_before_anybody_was_told_of_it(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    passes(0, 1)
    foreseen = perform(house.baker, "lifecycle.foresee", {"service": service.pk}, on(1)).result
    assert (foreseen["phase"], foreseen["next"]) == ("suspended", "2027-05-02")


def test_what_is_foreseen_is_what_happens(house: House, service: Service, passes: Callable[..., list[str]]) -> None:
    foreseen = perform(house.baker, "lifecycle.foresee", {"service": service.pk}, on(-30)).result
    assert [(step["day"], step["phase"]) for step in foreseen["steps"]] == [
        ("2027-02-01", "active"), ("2027-03-03", "suspended"), ("2027-05-02", "deleted"), ("2027-05-16", "erased"),
    ]  # fmt: skip
    assert foreseen["why"] and foreseen["notices"] and foreseen["steps"][1]["renewal"] == "renewable"
    days = {(date.fromisoformat(step["day"]) - FIRST).days: step["phase"] for step in foreseen["steps"]}
    wanted = ""
    for offset in range(-30, 76):
        if offset == 46:
            perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(46))
        passes(offset, offset)
        all_live()
        service.refresh_from_db()
        wanted = days.get(offset, wanted)
        assert service.phase == wanted, offset


def test_another_customer_does_not_even_find_it(house: House, service: Service) -> None:
    with pytest.raises(ActionRefused):
        perform(house.gardener, "lifecycle.foresee", {"service": service.pk}, on(0))


def test_a_subscription_is_one_services_alone(house: House, service: Service) -> None:
    """It is closed and deleted with the service: no other one that is paid for may stand in it."""
    fields = {"customer": house.baker.customer, "type": "multihosting", "name": NAME, "first_unpaid": FIRST.isoformat()}
    with pytest.raises(ActionRefused, match="already"):
        perform(OPERATOR, "lifecycle.begin", {**fields, "subscription": house.mine}, on(-40))
    perform(OPERATOR, "lifecycle.begin", {**fields, "type": "shop", "subscription": house.mine}, on(-40))


def test_what_was_deleted_is_restored_as_a_new_service(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    fields = {"service": service.pk, "first_unpaid": "2028-03-03"}
    with pytest.raises(ActionRefused, match="not ended"):
        perform(OPERATOR, "lifecycle.restore", fields, on(0))
    passes(0, 50)
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(50))
    passes(51, 60)
    all_live()
    passes(61, 61)
    assert not Subscription.objects.filter(number=int(house.mine[1:])).exists()
    made = Service.objects.get(pk=perform(OPERATOR, "lifecycle.restore", fields, on(62)).result["service"])
    assert (made.phase, made.customer_id, made.unicode) == ("active", service.customer_id, NAME)
    assert made.subscription is not None and made.subscription.state == "active"
    assert list(made.subscription.domains.values_list("unicode", flat=True)) == [NAME]
    service.refresh_from_db()
    assert service.phase == "deleted" and service.events.filter(what="restored", value=str(made.pk)).exists()
    with pytest.raises(ActionRefused, match="again already"):
        perform(OPERATOR, "lifecycle.restore", fields, on(62))


@pytest.mark.parametrize("offset", [-5, 5], ids=["while it is paid", "while it is suspended"])
def test_what_a_person_switched_off_is_still_off_when_it_is_restored(
    house: House, service: Service, passes: Callable[..., list[str]], offset: int
) -> None:
    passes(-6, offset)
    perform(OPERATOR, "subscriptions.suspend", {"subscription": house.mine}, on(offset))
    passes(offset + 1, 50)
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(50))
    passes(51, 60)
    all_live()
    passes(61, 61)
    fields = {"service": service.pk, "first_unpaid": "2028-03-03"}
    result = perform(OPERATOR, "lifecycle.restore", fields, on(62)).result
    place = Subscription.objects.get(services=result["service"])
    assert (place.state, place.paused, result["still_off"]) == ("suspended", True, [NAME])
    perform(OPERATOR, "subscriptions.resume", {"subscription": place.system_name}, on(62))
    assert Subscription.objects.get(services=result["service"]).state == "active"


def test_of_what_was_erased_nothing_is_restored(
    house: House, service: Service, passes: Callable[..., list[str]]
) -> None:
    passes(0, 50)
    perform(OPERATOR, "lifecycle.note_notice", {"service": service.pk}, on(50))
    passes(51, 60)
    all_live()
    passes(61, 75)
    with pytest.raises(ActionRefused, match="any more"):
        perform(OPERATOR, "lifecycle.restore", {"service": service.pk, "first_unpaid": "2028-03-03"}, on(76))
