"""The calendar's form, and who may read it."""

from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from tests.house import OPERATOR, House, settle
from tests.readers import anonymous, owner, stranger

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.slices.accounts.models import Customer
from gasthof.slices.lifecycle import changing, following, policies
from gasthof.slices.lifecycle.models import Calendar, Service
from gasthof.slices.lifecycle.rules.facts import Hold
from gasthof.slices.lifecycle.rules.icalendar import LONGEST, Entry, calendar, escaped, folded

pytestmark = pytest.mark.quick

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)
NAME = "bäckerei-müller.test"


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_lines_are_short_and_come_back_whole(text: str) -> None:
    line = escaped(text)
    parts = list(folded(line))
    assert all(len(part.encode()) <= LONGEST for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_no_text_becomes_a_line_of_its_own(text: str) -> None:
    found = unfolded(calendar(text, [Entry("1", date(2027, 3, 3), text, text)], AT))
    assert [line.partition(":")[0].partition(";")[0] for line in found] == [
        "BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "X-WR-CALNAME", "BEGIN", "UID", "DTSTAMP", "DTSTART", "DTEND",
        "SUMMARY", "DESCRIPTION", "TRANSP", "END", "END", "",
    ]  # fmt: skip


@pytest.fixture
def house(db: None) -> House:
    return settle()


def begin(house: House) -> Service:
    now = SYSTEM_CLOCKS.business.now()
    return changing.begin(
        Customer.objects.get(number=house.baker.customer), "hosting", "xn--bckerei-mller-bfb28a.test", now,
        version=policies.take(policies.shipped(), now), first_unpaid=now.date(),
    )  # fmt: skip


def address(house: House) -> str:
    made = perform(OPERATOR, "lifecycle.make_calendar", {"customer": house.baker.customer}).result["address"]
    return str(made)[str(made).index("/calendar/") :]


def test_whoever_has_the_address_reads_the_days_and_nobody_else(house: House) -> None:
    begin(house)
    at, nobody = address(house), anonymous()
    answer = nobody.get(at)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    assert f"Webhosting {NAME}" in "".join(unfolded(answer.content.decode()))
    assert "private" in answer["Cache-Control"]
    assert Calendar.objects.get().digest not in at, "the secret is not what is kept"
    assert nobody.get("/calendar/geraten.ics").status_code == 404
    renewed = address(house)
    assert [nobody.get(each).status_code for each in (at, renewed)] == [404, 200]
    perform(OPERATOR, "lifecycle.end_calendar", {"customer": house.baker.customer})
    assert nobody.get(renewed).status_code == 404


def test_many_services_are_as_many_queries_as_one(house: House) -> None:
    customer = Customer.objects.get(number=house.baker.customer)
    asked = []
    for count in (1, 4):
        for _ in range(count):
            made = begin(house)
            changing.put_hold(made, Hold("abuse", "staff:anna"), SYSTEM_CLOCKS.business.now())
        with CaptureQueriesContext(connection) as seen:
            following.text(customer, date(2026, 11, 28), AT)
        asked.append(len(seen))
    assert asked[0] == asked[1]


def test_of_too_many_the_soonest_are_there_and_it_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    later, sooner = begin(house), begin(house)
    changing.paid_until(later, date(2029, 2, 28), SYSTEM_CLOCKS.business.now())
    customer = Customer.objects.get(number=house.baker.customer)
    text = partial(following.text, customer, date(2026, 11, 28), AT)
    assert "services-more" not in text()
    monkeypatch.setattr(following, "MOST", 1)
    assert f"service-{sooner.pk}-" in text() and f"service-{later.pk}-" not in text() and "services-more" in text()


def test_the_page_shows_it_once(house: House) -> None:
    page = f"/customers/{house.baker.customer}/calendar"
    client = owner(house)
    assert "/calendar/" in client.post(page).content.decode()
    assert "/calendar/" not in client.get(page).content.decode().replace("/customers/", "")
    assert stranger(house).get(page).status_code == 404
