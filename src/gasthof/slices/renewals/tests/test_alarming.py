"""A paid service that is not open a day later: told once, with the reason, until it is open."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.deaths import each_statement
from tests.house import all_live
from tests.readers import operator

from gasthof.slices.access.models import OutgoingMail, User
from gasthof.slices.billing.models import Proforma, Settled
from gasthof.slices.lifecycle import changing
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.lifecycle.rules.facts import Hold
from gasthof.slices.nodes.models import DesiredObject
from gasthof.slices.renewals.alarming import look
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Carried, LateOpening
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, desk, noon, open_proforma
from gasthof.slices.subscriptions.models import Subscription

__all__ = ["desk"]  # fixture
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


def paid(desk: Desk, at: datetime | None = None, **more: object) -> Service:
    """Unpaid for ten days, then paid."""
    service = desk.begin(**more)
    desk.go(EXPIRES - timedelta(days=30))
    desk.clock.at = at or noon(EXPIRES + timedelta(days=10))
    desk.pay(open_proforma(service))
    return service


def late(desk: Desk, at: datetime) -> list[str]:
    desk.clock.at = at
    return list(look(desk.clocks))


def reasons() -> list[str]:
    return list(LateOpening.objects.filter(ended=None).order_by("pk").values_list("reason", flat=True))


@pytest.mark.parametrize(
    "at",
    [noon(EXPIRES), datetime(2027, 3, 9, 23, 59, 59, tzinfo=UTC), datetime(2027, 3, 27, 23, 30, tzinfo=UTC)],
    ids=["noon", "the last second of a day", "the night in which summer time begins"],
)
def test_after_24_hours_and_no_second_earlier(desk: Desk, at: datetime) -> None:
    paid(desk, at)
    assert late(desk, at + DAY - SECOND) == []
    (said,) = late(desk, at + DAY)
    assert "not carried over" in said and reasons() == ["carrying"]
    assert late(desk, at + 3 * DAY) == [] and reasons() == ["carrying"]


def test_gone_when_it_is_open_and_not_told_again(desk: Desk) -> None:
    service = paid(desk)
    then = desk.clock.at + DAY
    assert late(desk, then)
    list(carry_over(desk.clocks))
    work = Work.objects.create(
        service=service, revision=99, action="open", target="hosting", at=then, words="nginx: Grüße"
    )
    assert late(desk, then + SECOND) == [] and reasons() == ["work"]
    assert "nginx: Grüße" in LateOpening.objects.get().words
    Work.objects.filter(pk=work.pk).update(done=then)
    assert late(desk, then + 2 * SECOND) == [] and reasons() == []
    Work.objects.filter(pk=work.pk).update(done=None)
    assert late(desk, then + DAY) == [] and LateOpening.objects.count() == 1


def test_what_is_open_in_time_alarms_nobody(desk: Desk) -> None:
    paid(desk)
    list(carry_over(desk.clocks))
    assert Carried.objects.get().outcome == Carried.RENEWED
    assert late(desk, desk.clock.at + DAY) == []


def test_what_a_hold_closes_is_its_cases(desk: Desk) -> None:
    service = paid(desk)
    list(carry_over(desk.clocks))
    changing.put_hold(service, Hold("abuse", "case:1", "1", 1, "staff"), desk.clock.at)
    Work.objects.create(service=service, revision=99, action="open", target="hosting", at=desk.clock.at)
    assert late(desk, desk.clock.at + DAY) == []


def test_what_a_person_has_to_decide_stands_until_it_is_decided(desk: Desk) -> None:
    """The service has ended meanwhile, and the proforma bought something else besides."""
    service, other = desk.begin(), desk.begin("mail")
    lines = [f"lifecycle:{each.pk}; Dienst für Köln; 10; standard; {EXPIRES}; 2028-03-02" for each in (service, other)]
    number = desk.do("billing.issue", customer=desk.customer.number, lines=lines, valid_until="2028-01-01")["proforma"]
    Service.objects.filter(pk=service.pk).update(ended=EXPIRES)
    desk.pay(Proforma.objects.get(pk=number))
    list(carry_over(desk.clocks))
    assert late(desk, desk.clock.at + DAY) and reasons() == ["staff"]
    desk.do("billing.refund_to_credit", proforma=number)
    assert late(desk, desk.clock.at + DAY) == [] and reasons() == []


def test_the_machines_own_words_are_told(desk: Desk) -> None:
    subscription = Subscription.objects.get(number=int(desk.house.mine[1:]))
    service = paid(desk, subscription=subscription.number)
    list(carry_over(desk.clocks))
    Work.objects.create(
        service=service, revision=99, action="open", target="hosting", at=desk.clock.at, done=desk.clock.at
    )
    all_live()
    assert late(desk, desk.clock.at + DAY) == []
    key = DesiredObject.objects.get(kind="subscriptions.home", key=desk.house.mine).key
    all_live("failed", "Verzeichnis ist voll", kind="subscriptions.home", key=key)
    assert late(desk, desk.clock.at + SECOND) and "Verzeichnis ist voll" in LateOpening.objects.get().words
    all_live()
    assert late(desk, desk.clock.at + SECOND) == [] and reasons() == []


def test_operators_are_mailed_once_and_see_it_on_the_page_of_what_waits(desk: Desk) -> None:
    boss = operator()
    User.objects.update(language="de")
    paid(desk)
    for hours in (24, 30, 36):
        late(desk, noon(EXPIRES + timedelta(days=10)) + timedelta(hours=hours))
    mail = OutgoingMail.objects.get()
    assert mail.subject == "Bezahlte Dienste sind nicht offen"
    page = boss.get("/services/work/").content.decode()
    assert "grün.test von Bäckerei Müller ist bezahlt, aber noch gesperrt" in page
    list(carry_over(desk.clocks))
    late(desk, desk.clock.at)
    assert "bezahlt, aber noch gesperrt" not in boss.get("/services/work/").content.decode()


def test_killed_before_any_statement_it_is_told_once(desk: Desk) -> None:
    operator()
    paid(desk)
    desk.clock.at += DAY
    assert each_statement(lambda: list(look(desk.clocks))) > 5
    assert LateOpening.objects.count() == OutgoingMail.objects.count() == 1


def test_it_asks_as_often_for_many_as_for_one(desk: Desk) -> None:
    counts = []
    for days in (0, 1):
        for _ in range(1 + 4 * days):
            service = desk.begin("mail")
            line = f"lifecycle:{service.pk}; Mail; 10; standard; {EXPIRES}; 2028-03-02"
            made = desk.do("billing.issue", customer=desk.customer.number, lines=[line], valid_until="2028-01-01")
            desk.pay(Proforma.objects.get(pk=made["proforma"]))
        desk.clock.at += DAY
        with CaptureQueriesContext(connection) as asked:
            assert len(list(look(desk.clocks))) == 1 + 4 * days
        counts.append(len(asked))
    assert counts[1] <= counts[0]
    assert Settled.objects.count() == 6
