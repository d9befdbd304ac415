"""Each notice once, on its day; what mail servers answer; and that the first delivered one is notice of the deletion."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clocks import Clock
from tests.deaths import each_statement
from tests.house import OPERATOR, House, settle
from tests.readers import member, operator, stranger

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.slices.access import outbox
from gasthof.slices.access.models import OutgoingMail
from gasthof.slices.access.sending import Undeliverable
from gasthof.slices.accounts.models import Customer
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.notices import rules
from gasthof.slices.notices.models import Notice
from gasthof.slices.notices.telling import tell

NAME = "xn--bckerei-mller-bfb28a.test"
EXPIRES = date(2027, 3, 3)  # first unpaid day of the services here


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


class Desk:
    """A house with a customer who can be written to, on one day after another."""

    def __init__(self, house: House) -> None:
        self.house, self.clock = house, Clock(noon(EXPIRES - timedelta(days=40)))
        self.clocks = Clocks(self.clock, self.clock)
        self.customer = Customer.objects.get(number=house.baker.customer)
        perform(OPERATOR, "renewals.set_price", {"type": "hosting", "months": 12, "net": "84,00"}, self.clocks)

    def begin(self, type_: str = "hosting", name: str = NAME) -> Service:
        version = policies.take(policies.shipped(), self.clock.at)
        return changing.begin(self.customer, type_, name, self.clock.at, version=version, first_unpaid=EXPIRES)

    def on(self, offset: int) -> list[str]:
        self.clock.at = noon(EXPIRES + timedelta(days=offset))
        return list(tell(self.clocks))

    def post(self, *, refused: bool = False) -> int:
        """What is in the outbox goes out, or is refused by the server; how many."""

        def send(_message: object) -> str:
            if refused:
                raise Undeliverable("550 5.1.1 User unknown")
            return "250 2.0.0 Ok: queued as 4F2A"

        waiting = list(OutgoingMail.objects.filter(state=OutgoingMail.QUEUED).values_list("pk", flat=True))
        for number in waiting:
            outbox.deliver(number, self.clock.at, "panel@server.test", send)
        return len(waiting)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    desk = Desk(settle())
    member(desk.house.baker.customer)
    desk.on(-40)
    yield desk


def told(service: Service) -> list[str]:
    return list(Notice.objects.filter(service=service).order_by("pk").values_list("name", flat=True))


def noticed(service: Service) -> date | None:
    service.refresh_from_db()
    return service.noticed


def test_each_on_its_day_and_once(desk: Desk) -> None:
    service = desk.begin()
    days = {}
    for offset in range(-40, 62):
        for _ in range(2):
            if desk.on(offset):
                days[offset] = told(service)[-1]
    assert days == {-30: "renewal_due", -7: "last_days", 0: "closed", 45: "deletion_near", 59: "deletion_tomorrow"}


def test_it_says_all_that_will_happen(desk: Desk) -> None:
    service = desk.begin()
    perform(OPERATOR, "renewals.set_price", {"type": "hosting", "months": 12, "net": "60,00"}, desk.clocks)
    desk.on(-30)
    notice = Notice.objects.get(service=service)
    assert "bäckerei-müller.test" in notice.subject
    for words in (
        "3. März 2027: gesperrt",
        "2. Mai 2027: gelöscht",
        "wiederherstellbar bis 15. Mai 2027",
        "60,00\xa0EUR",
    ):
        assert words in notice.text, notice.text


def test_delivered_it_is_notice_of_the_deletion(desk: Desk) -> None:
    service = desk.begin()
    desk.on(-30)
    assert desk.post() == 1 and noticed(service) is None
    desk.on(-29)
    assert noticed(service) == EXPIRES - timedelta(days=29)
    desk.on(0)
    desk.post()
    desk.on(1)
    assert noticed(service) == EXPIRES - timedelta(days=29), "the first one counts"


def test_refused_twice_it_counts_once_it_was_shown_for_a_week(desk: Desk) -> None:
    service = desk.begin()
    desk.on(-30)
    desk.post(refused=True)
    assert any("refused" in words for words in desk.on(-30))
    assert desk.post(refused=True) == 0, "not on the same day"
    desk.on(-29)
    assert desk.post(refused=True) == 1
    desk.on(-28)
    assert desk.post(refused=True) == 0, "no third time"
    assert noticed(service) is None
    notice = Notice.objects.get(service=service, name="renewal_due")
    assert (notice.state, notice.displayed) == (Notice.REFUSED, None)
    operator().get(f"/notices/{notice.pk}/")
    notice.refresh_from_db()
    assert notice.displayed is None, "staff looked, not the customer"
    Notice.objects.filter(pk=notice.pk).update(displayed=noon(EXPIRES - timedelta(days=28)))
    desk.on(-22)
    assert noticed(service) is None
    desk.on(-21)
    assert noticed(service) == EXPIRES - timedelta(days=21)


def test_read_by_the_customer_it_was_displayed(desk: Desk) -> None:
    desk.begin()
    desk.on(-30)
    at = f"/notices/{Notice.objects.get().pk}/"
    assert stranger(desk.house).get(at).status_code == 404
    assert member(desk.house.baker.customer).get(at).status_code == 200
    assert Notice.objects.get().displayed is not None


def test_only_who_looks_in_person_has_seen_it(desk: Desk) -> None:
    desk.begin()
    desk.on(-30)
    at, customer = f"/notices/{Notice.objects.get().pk}/", desk.house.baker.customer
    reader, acting = member(customer), operator()
    acting.post(f"/customers/{customer}/act")
    for ahead in ("prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip"):
        assert reader.get(at, headers={"Sec-Purpose": ahead}).status_code == 200
    assert reader.get(at, headers={"X-moz": "prefetch"}).status_code == 200
    assert reader.head(at).status_code == acting.get(at).status_code == 200
    assert Notice.objects.get().displayed is None
    reader.get(at, headers={"Sec-Purpose": "", "Sec-Fetch-Mode": "navigate"})
    assert Notice.objects.get().displayed is not None


def test_after_an_outage_one_mail_goes_and_not_four(desk: Desk) -> None:
    service = desk.begin()
    desk.on(50)
    assert desk.post() == 1
    assert told(service) == ["renewal_due", "last_days", "closed", "deletion_near"]
    assert [each.state for each in Notice.objects.order_by("pk")] == ["overtaken"] * 3 + ["waiting"]


def test_paid_it_is_told_of_no_more_and_of_the_next_time_anew(desk: Desk) -> None:
    service = desk.begin()
    desk.on(-30)
    changing.paid_until(service, date(2028, 3, 3), desk.clock.at)
    assert desk.on(-7) == desk.on(0) == []
    assert desk.on(366 - 30) != []


def test_nobody_to_write_to_is_told_to_staff(desk: Desk) -> None:
    desk.customer = Customer.objects.get(number=desk.house.gardener.customer)
    service = desk.begin()
    desk.on(-30)
    assert Notice.objects.get(service=service).state == Notice.NOBODY and noticed(service) is None


def test_killed_before_any_statement_it_is_told_once(desk: Desk) -> None:
    desk.begin()
    desk.clock.at = noon(EXPIRES - timedelta(days=30))
    assert each_statement(lambda: list(tell(desk.clocks))) > 10
    assert Notice.objects.count() == OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("name", ["Bcc: a@b.test\r\nX: y", "ä" * 250, "a\u2028Bcc: x"])
def test_no_name_becomes_a_header(desk: Desk, name: str) -> None:
    desk.begin("shop", name[:253])
    desk.on(-30)
    message = outbox.message(OutgoingMail.objects.get(), "panel@server.test")
    assert message["Bcc"] is None and message["X"] is None
    assert "\n" not in str(message["Subject"]) and "\u2028" not in str(message["Subject"])
    assert len(message.get_all("Subject") or []) == 1


DUE = st.builds(rules.Due, st.just(1), st.just(EXPIRES), st.sampled_from("abcdef"), st.dates())


@given(st.lists(DUE, min_size=1, max_size=6))
def test_of_several_the_last_goes_and_none_is_forgotten(due: list[rules.Due]) -> None:
    last, overtaken = rules.worth(due)
    assert sorted([last, *overtaken], key=repr) == sorted(due, key=repr)
    assert all(each.day <= last.day for each in overtaken)
