"""What a service's page says, and to whom."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.house import OPERATOR, House, settle
from tests.readers import anonymous, operator, owner, stranger

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.accounts.models import Customer
from gasthof.slices.lifecycle import changing, following, policies
from gasthof.slices.lifecycle.drawing import Course, shown
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Service, Sweep, Work
from gasthof.slices.lifecycle.queries import coming
from gasthof.slices.lifecycle.rules.facts import ABUSE, Hold

NAME = "bäckerei-müller.test"


@pytest.fixture
def house(db: None) -> Iterator[House]:
    yield settle()


def begin(house: House, type_: str = "hosting", in_days: int = 10, **more: object) -> Service:
    now = SYSTEM_CLOCKS.business.now()
    made = changing.begin(
        Customer.objects.get(number=house.baker.customer), type_, "xn--bckerei-mller-bfb28a.test", now,
        version=policies.take(policies.shipped(), now), first_unpaid=now.date() + timedelta(days=in_days), **more,
    )  # fmt: skip
    changing.notice_delivered(made, now.date(), now)
    return made


def test_each_day_that_comes_and_what_it_brings(house: House) -> None:
    service = begin(house)
    perform(OPERATOR, "renewals.set_price", {"type": "hosting", "months": 12, "net": "84,00"})
    page = owner(house).get(f"/services/{service.pk}/").content.decode()
    first = service.first_unpaid or date.today()
    for days in (0, 60, 74):
        assert shown(first + timedelta(days=days)) in page
    for words in (
        NAME,
        "84.00\xa0EUR",
        "restorable until",
        shown(first + timedelta(days=73)),
        "Restoration 20.00\xa0EUR",
    ):
        assert words in page, words


def test_a_name_that_nobody_was_told_of_is_offered_to_its_registrys_last_day_and_no_longer(house: House) -> None:
    """Nothing is deleted by us without a notice; the registry does not wait for one."""
    service = begin(house, "domain", -50, tld="cz")
    Service.objects.filter(pk=service.pk).update(noticed=None)
    at, closes = f"/services/{service.pk}/", (service.first_unpaid or date.today()) + timedelta(days=60)
    page = owner(house).get(at).content.decode()
    assert f'<time datetime="{closes}">' in page and "its registry renews it no more" in page
    steps = perform(house.baker, "lifecycle.foresee", {"service": service.pk}).result["steps"]
    assert [(step["day"], step["renewal"]) for step in steps][:2] == [(steps[0]["day"], "renewable"), (str(closes), "")]
    now = SYSTEM_CLOCKS.business.now()
    calendar = following.text(service.customer, now.date(), now)
    assert calendar.count(f"UID:service-{service.pk}-out_of_zone") == 1 and f"DATE:{closes:%Y%m%d}" in calendar
    Service.objects.filter(pk=service.pk).update(first_unpaid=now.date() - timedelta(days=60))
    page = owner(house).get(at).content.decode()
    assert "Paying costs" not in page and "It can be renewed" not in page and "Its registry renews it no more" in page


def test_what_hangs_on_a_service_shows_all_that_comes_to_that(house: House) -> None:
    """On its page and to programs: the subserver, and the DNS below it; and in the calendar the subserver."""
    house.run("renewals.set_price", type="multihosting", months=12, net="24")
    parent = begin(house, "multihosting")
    child = below(parent, "subserver")
    dns = below(child, "dns")
    first, now = parent.first_unpaid or date.today(), SYSTEM_CLOCKS.business.now()
    wanted = {child: ("suspended", "deleted", "erased"), dns: ("locked", "deleted", "erased")}
    calendar = following.text(parent.customer, now.date(), now).replace("\r\n ", "")
    for service, phases in wanted.items():
        days = [first, first + timedelta(days=60), first + timedelta(days=60 + (14 if service == child else 3660))]
        steps = perform(house.baker, "lifecycle.foresee", {"service": service.pk}).result["steps"][1:]
        assert [(step["phase"], step["day"]) for step in steps] == [*zip(phases, map(str, days), strict=True)]
        page = owner(house).get(f"/services/{service.pk}/").content.decode()
        for day, phase in zip(days, phases, strict=True):
            assert f'<time datetime="{day}">' in page
            if service == dns:
                assert f"UID:service-{service.pk}-" not in calendar, "the calendar says so of what it belongs to"
                continue
            uid = calendar.index(f"UID:service-{service.pk}-{phase}@")
            assert f"DATE:{day:%Y%m%d}" in calendar[uid : uid + 120]
        assert "It goes on as soon as this is paid: " in page and "Paying costs" not in page


def below(parent: Service, type_: str) -> Service:
    now = SYSTEM_CLOCKS.business.now()
    return changing.begin(parent.customer, type_, parent.name, now, version=parent.policy, parent=parent)


def test_a_hold_is_said_first_and_that_paying_does_not_open_it(house: House) -> None:
    service = begin(house)
    changing.put_hold(service, Hold(ABUSE, "staff:anna", "F-7"), SYSTEM_CLOCKS.business.now())
    page = owner(house).get(f"/services/{service.pk}/").content.decode()
    assert "Paying does not open it" in page and "F-7" in page and "Closed: breach of the terms" in page
    assert "staff:anna" not in page
    for path in (
        f"/services/{service.pk}/",
        f"/customers/{house.baker.customer}/services",
    ):  # and nothing beside it says that all is well
        page = owner(house).get(path).content.decode()
        assert badges(page) == ["held"], path


def badges(page: str) -> list[str]:
    return re.findall(r'<span class="badge [a-z]*"><svg.*?</svg>([^<]+)</span>', page, re.DOTALL)


def test_who_sees_what(house: House) -> None:
    service = begin(house)
    at, mine = f"/services/{service.pk}/", f"/customers/{house.baker.customer}/services"
    assert [client.get(at).status_code for client in (owner(house), operator(), stranger(house), anonymous())] == [
        200,
        200,
        404,
        302,
    ]
    assert [client.get(mine).status_code for client in (owner(house), operator(), stranger(house))] == [200, 200, 404]
    assert [client.get("/services/").status_code for client in (operator(), owner(house))] == [200, 403]
    assert NAME in operator().get("/services/?search=müller").content.decode()


def test_a_list_asks_as_often_for_many_as_for_one(house: House) -> None:
    counts = []
    client = owner(house)
    for _ in range(2):
        begin(house)
        client.get(f"/customers/{house.baker.customer}/services")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/customers/{house.baker.customer}/services")
        counts.append(len(asked))
        for type_ in ("mail", "shop", "vps"):
            begin(house, type_)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("type_", ["hosting", "mail", "vps"])
@pytest.mark.parametrize("in_days", [300, 10, 0, -3])
def test_the_bar_is_filled_and_no_part_too_small_to_see(house: House, type_: str, in_days: int) -> None:
    service = begin(house, type_, in_days)
    course = Course(coming(service, SYSTEM_CLOCKS.business.now().date()), policy_of(service))
    assert sum(part.width for part in course.parts) == pytest.approx(Course.WIDTH, abs=0.1)
    assert min(part.width for part in course.parts) >= Course.NARROWEST


def parked() -> int:
    now = SYSTEM_CLOCKS.business.now()
    return Sweep.objects.create(
        day=now.date(), at=now, moved=0, ended=0, spared=0, parked="many_ends", waiting=900, done=True
    ).pk


def test_what_waits_is_shown_to_staff_with_its_reason(house: House) -> None:
    service = begin(house, in_days=-1)
    Work.objects.filter(service=service).update(words="Der Server ist weg.")
    page = operator().get("/services/work/").content.decode()
    assert NAME in page and "Der Server ist weg." in page and "Suspend it" in page
    assert owner(house).get("/services/work/").status_code == 403


def test_a_parked_sweep_is_let_go_on_by_a_person(house: House) -> None:
    begin(house)
    boss = operator()
    assert "Far more services than usual would end" not in boss.get("/services/work/").content.decode()
    waits = parked()
    assert "Far more services than usual would end" in boss.get("/services/work/").content.decode()
    older, way = f"/services/work/approve/{waits + 1}", f"/services/work/approve/{waits}"
    assert way in boss.get("/services/work/").content.decode() and "900" in boss.get(way).content.decode()
    assert owner(house).post(way).status_code == 403
    assert "look at it again" in boss.post(older).content.decode()
    assert boss.post(way).status_code == 303
    assert Sweep.objects.latest("pk").approved_by.startswith("user:")
    assert "Far more" not in boss.get("/services/work/").content.decode()
    with pytest.raises(ActionRefused, match="waits for anybody"):
        perform(OPERATOR, "lifecycle.approve_sweep", {"sweep": waits})


def test_staff_note_a_wish_for_the_end_and_take_it_back(house: House) -> None:
    service = begin(house)
    boss, at = operator(), f"/services/{service.pk}/"
    assert f"{at}end" in boss.get(at).content.decode() and f"{at}end" not in owner(house).get(at).content.decode()
    assert boss.post(f"{at}end", {"on": "1999-01-01", "authorised": "Brief"}).status_code == 422
    assert boss.post(f"{at}end", {"on": "", "authorised": "Brief vom 3. März"}).status_code == 303
    service.refresh_from_db()
    assert service.ends_on == service.first_unpaid
    assert owner(house).post(f"{at}stay").status_code == 403
    assert boss.post(f"{at}stay").status_code == 303
    service.refresh_from_db()
    assert service.ends_on is None
    assert boss.post(f"{at}stay").status_code == 422
