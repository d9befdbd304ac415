"""What a notice says is true on the day on which it goes, and only who was told of the deletion counts as told of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import Clock
from tests.deaths import each_statement
from tests.house import OPERATOR

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access import outbox
from gasthof.slices.access.models import OutgoingMail
from gasthof.slices.access.sending import Later
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Event, Hold, Service
from gasthof.slices.lifecycle.queries import facts_of, policy_of
from gasthof.slices.lifecycle.rules.timeline import told as foreseen
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.notices import rules, telling, wording
from gasthof.slices.notices.models import Delivery, Notice
from gasthof.slices.notices.tests.test_notices import EXPIRES, Desk, desk, noticed

__all__ = ["desk"]


def hold(service: Service, desk: Desk, kind: str) -> None:
    perform(OPERATOR, "lifecycle.put_hold", {"service": service.pk, "kind": kind}, desk.clocks)


def said(service: Service, name: str) -> str:
    notice = Notice.objects.get(service=service, name=name)
    return f"{notice.subject}\n{notice.text}"


def test_refused_and_then_paid_it_is_not_said_again(desk: Desk) -> None:
    service = desk.begin()
    desk.on(0)
    desk.post(refused=True)
    desk.on(0)
    changing.paid_until(service, date(2028, 3, 3), desk.clock.at)
    desk.on(1)
    assert desk.post() == 0, "it is paid: it has not expired"
    number = Notice.objects.get(service=service, name="closed").pk
    with pytest.raises(ActionRefused, match="it was paid"):
        perform(OPERATOR, "notices.send_again", {"notice": number}, desk.clocks)


def test_refused_before_an_outage_it_does_not_go_beside_a_later_one(desk: Desk) -> None:
    desk.begin()
    desk.on(-30)
    desk.post(refused=True)
    desk.on(-30)
    desk.on(50)
    waiting = Delivery.objects.filter(mail__state=OutgoingMail.QUEUED)
    assert [each.notice.name for each in waiting] == ["deletion_near"]


def test_the_day_of_the_deletion_is_the_one_on_which_it_comes(desk: Desk) -> None:
    """Nobody was told before, so that a week has to go by."""
    service = desk.begin()
    desk.on(58)
    desk.on(59)
    assert "wird am 8. Mai 2027 gelöscht" in said(service, "deletion_tomorrow")
    assert "2. Mai" not in said(service, "deletion_tomorrow") and "morgen" not in said(service, "deletion_tomorrow")


def test_what_is_kept_for_a_case_is_not_said_to_be_deleted_nor_opened_by_paying(desk: Desk) -> None:
    service = desk.begin()
    hold(service, desk, "legal")
    for offset, name in ((0, "closed"), (45, "deletion_near")):
        desk.on(offset)
        assert "gelöscht" not in said(service, name) and "sofort wieder offen" not in said(service, name)
    desk.post()
    desk.on(46)
    delivered = Notice.objects.filter(state=Notice.DELIVERED).order_by("pk")
    assert [each.name for each in delivered] == ["closed", "deletion_near"]
    assert noticed(service) is None, "delivered, but no day of a deletion was named"


def test_a_domain_name_that_is_still_served_has_not_closed(desk: Desk) -> None:
    version = policies.take(policies.shipped(), desk.clock.at)
    service = changing.begin(
        desk.customer, "domain", "xn--mller-kva.cz", desk.clock.at, version=version, first_unpaid=EXPIRES, tld="cz"
    )
    desk.on(23)
    assert "sofort wieder offen" not in said(service, "closed")
    desk.on(45)
    assert "geht am 2. Mai 2027 an die Registry zurück" in said(service, "deletion_near")


def test_a_fee_is_said_from_the_day_on_which_it_is_asked(desk: Desk) -> None:
    version = policies.take(policies.shipped(), desk.clock.at)
    service = changing.begin(
        desk.customer, "domain", "xn--mller-kva.com", desk.clock.at, version=version, first_unpaid=EXPIRES, tld="com"
    )
    with override("en"):
        letter = wording.letter("fee_from_now", service, EXPIRES, EXPIRES + timedelta(days=23))
    assert letter.paragraphs[0].startswith("renewing your service costs a fee from 2 April 2027 on.")


def test_a_server_that_cannot_be_reached_refuses_nothing(desk: Desk) -> None:
    service = desk.begin()
    desk.on(-30)
    for day in range(-29, -20, 4):
        mail = OutgoingMail.objects.get(state=OutgoingMail.QUEUED)
        while mail.state == OutgoingMail.QUEUED:
            outbox.deliver(mail.pk, mail.due, "panel@server.test", _away)
            mail.refresh_from_db()
        desk.on(day)
        desk.on(day + 1)
    Notice.objects.update(displayed=desk.clock.at - timedelta(days=30))
    desk.on(-19)
    assert {each.state for each in Delivery.objects.filter(mail__state="failed")} == {Delivery.GIVEN_UP}
    assert noticed(service) is None


def _away(_message: object) -> str:
    raise Later("5.7.8 authentication failed")


def test_killed_before_any_statement_it_is_noted_once(desk: Desk) -> None:
    service = desk.begin()
    desk.on(-30)
    desk.post()
    assert each_statement(lambda: list(telling.tell(desk.clocks))) > 10
    assert Event.objects.filter(service=service, what="noticed").count() == 1
    assert Delivery.objects.get().words == "250 2.0.0 Ok: queued as 4F2A"
    assert Notice.objects.get().end_named == EXPIRES + timedelta(days=60)


@pytest.mark.parametrize("first", [date(2028, 3, 30), date(2027, 4, 27), date(2027, 11, 30)])
def test_what_is_due_is_what_is_foreseen(desk: Desk, first: date) -> None:
    """SQL and the pure rule, over the 29th of February and the days on which clocks are set."""
    version = policies.take(policies.shipped(), desk.clock.at)
    kinds = (("hosting", "a.test", ""), ("mail", "b.test", ""), ("domain", "xn--mller-kva.de", "de"))
    services = [
        changing.begin(desk.customer, type_, name, desk.clock.at, version=version, first_unpaid=first, tld=tld)
        for type_, name, tld in kinds
    ]
    for service in services:
        listed = foreseen(policy_of(service), facts_of(service, date(2026, 1, 1)), date(2026, 1, 1))
        for each in listed:
            found = [due for due in telling.due(each.day) if due.service == service.pk and due.day == each.day]
            assert [due.name for due in found] == [each.notice.name]
            early = telling.due(each.day - timedelta(days=1))
            assert each.notice.name not in {due.name for due in early if due.service == service.pk}


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 3, 27, 23, 0, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 3, 28, 21, 59, tzinfo=UTC), date(2027, 3, 28)),
        (datetime(2027, 3, 28, 22, 0, tzinfo=UTC), date(2027, 3, 29)),
        (datetime(2027, 10, 30, 22, 0, tzinfo=UTC), date(2027, 10, 31)),
        (datetime(2027, 10, 31, 22, 59, tzinfo=UTC), date(2027, 10, 31)),
        (datetime(2028, 2, 28, 23, 0, tzinfo=UTC), date(2028, 2, 29)),
    ],
)
def test_a_day_is_the_houses_also_where_clocks_are_set(moment: datetime, day: date) -> None:
    assert telling.today(Clocks(Clock(moment), Clock(moment))) == day


@given(st.integers(100, 599), st.text(max_size=20))
def test_only_a_five_hundred_refuses(code: int, words: str) -> None:
    assert rules.refuses(f"{code} {words}") is (code >= 500)


@pytest.mark.parametrize("words", ["", "5.7.8 authentication failed", "timed out", "5", "5000"])
def test_what_is_no_answer_of_a_server_refuses_nothing(words: str) -> None:
    assert not rules.refuses(words)


DAYS = st.sets(st.dates(date(2027, 1, 1), date(2027, 1, 4)), max_size=3)


@given(st.dictionaries(st.sampled_from(["anna@example.org", "bär@example.org"]), DAYS))
def test_two_addresses_refused_once_are_not_one_refused_twice(refused: dict[str, set[date]]) -> None:
    long_ago = date(2026, 1, 1)
    assert rules.shown_enough(refused, long_ago, EXPIRES) is any(len(days) > 1 for days in refused.values())
    assert not rules.shown_enough(refused, None, EXPIRES)


def lift(desk: Desk) -> None:
    perform(OPERATOR, "lifecycle.lift_hold", {"hold": Hold.objects.latest("pk").pk}, desk.clocks)


def phase(service: Service) -> str:
    service.refresh_from_db()
    return service.phase


def test_after_a_long_hold_it_is_told_anew_and_kept_for_a_week(desk: Desk) -> None:
    service = desk.begin()
    desk.on(-30)
    desk.post()
    desk.on(-29)
    assert noticed(service) == EXPIRES - timedelta(days=29)
    desk.on(10)
    hold(service, desk, "abuse")
    for offset in (45, 59, 100):
        desk.on(offset)
        desk.post()
    desk.on(200)
    lift(desk)
    sweep(desk.clock.at)
    assert (phase(service), noticed(service)) == ("suspended", None), "told of another day, long ago"
    desk.on(200)
    assert desk.post() == 1 and "wird am 26. September 2027 gelöscht" in Notice.objects.latest("pk").subject
    for offset in (200, 201):
        assert desk.on(offset) == [], "once"
    for offset, then in ((206, "suspended"), (207, "deleted")):
        desk.on(offset)
        sweep(desk.clock.at)
        assert phase(service) == then, offset


def test_a_second_hold_takes_a_second_notice(desk: Desk) -> None:
    service = desk.begin()
    desk.on(-30)
    for first, last in ((10, 100), (102, 150)):
        desk.on(first)
        hold(service, desk, "legal")
        desk.on(last)
        lift(desk)
        assert noticed(service) is None
        assert len(desk.on(last)) == 1
        desk.post()
        desk.on(last)
        assert noticed(service) == EXPIRES + timedelta(days=last)


def test_a_notice_that_comes_after_the_day_it_names_is_none(desk: Desk) -> None:
    service = desk.begin()
    desk.on(59)
    desk.on(80)
    desk.post()
    for _ in range(2):
        desk.on(80)
    assert Notice.objects.filter(state=Notice.DELIVERED).exists() and noticed(service) is None
    assert [each.name for each in Notice.objects.filter(state=Notice.WAITING)] == ["deletion_near"]
    desk.post()
    desk.on(80)
    assert noticed(service) == EXPIRES + timedelta(days=80)


def test_a_day_that_the_customer_wished_for_is_notice_of_no_other(desk: Desk) -> None:
    service = desk.begin()
    wish = {"service": service.pk, "authorised": "Brief", "on": (EXPIRES + timedelta(days=5)).isoformat()}
    perform(OPERATOR, "lifecycle.terminate", wish, desk.clocks)
    desk.on(-30)
    desk.post()
    desk.on(-29)
    perform(OPERATOR, "lifecycle.revoke_termination", {"service": service.pk}, desk.clocks)
    assert noticed(service) is None


@given(st.none() | st.dates(), st.dates())
def test_only_a_day_that_is_to_come_is_told(named: date | None, on: date) -> None:
    assert rules.tells_of_end(named, on) is (named is not None and named >= on)
