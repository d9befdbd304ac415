"""Rows L20 and L21: servers go with what was ordered with them, and come back as a whole, onto one that was ordered and paid anew."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks, FixedClock
from gasthof.kernel.refusal import ActionRefused, Refused
from gasthof.slices.lifecycle import explaining
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.carrying import carry_out
from gasthof.slices.lifecycle.drawing import Course, conditions
from gasthof.slices.lifecycle.keeping import check_onto, kept_mail
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.lifecycle.queries import course, foreseen
from gasthof.slices.lifecycle.rules import machines
from gasthof.slices.lifecycle.rules.facts import Facts
from gasthof.slices.lifecycle.rules.machines import Server
from gasthof.slices.lifecycle.rules.policy import policy
from gasthof.slices.lifecycle.rules.timeline import as_planned, timeline
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.lifecycle.tests.policies import FIRST, SHIPPED, TEXT, days

CLASSES = ("S", "M", "L")
NAMES = ("grüße-aus-köln.test", "bäckerei.test")
OLD = Server("vps", "M", FIRST - days(365), FIRST, FIRST + days(30))
NEW = Server("vps", "M", FIRST + days(31), FIRST + days(396))
TODAY = FIRST + days(32)


def refused(new: Server, old: Server = OLD) -> str:
    with pytest.raises(Refused) as caught:
        machines.check(old, new, CLASSES, TODAY)
    return str(caught.value)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (replace(NEW, type="aps"), "same kind"), (replace(NEW, ended=TODAY), "ended already"), (replace(NEW, begun=FIRST), "ordered anew"),
        (replace(NEW, first_unpaid=TODAY), "paid first"), (replace(NEW, first_unpaid=None), "paid first"),
        (replace(NEW, works=False), "closed"), (replace(NEW, used=True), "Another image"), (replace(NEW, server_class="S"), "needs M or higher"),
        (replace(NEW, server_class=""), "needs M or higher"),
    ],
)  # fmt: skip
def test_an_image_goes_onto_no_such_server(new: Server, words: str) -> None:
    machines.check(OLD, NEW, CLASSES, TODAY)
    assert words in refused(new)
    assert "not ended" in refused(NEW, replace(OLD, ended=None))


@given(st.sampled_from(("", *CLASSES)), st.sampled_from(("", *CLASSES)), st.integers(-3, 3), st.integers(-3, 3))
def test_only_onto_the_same_or_a_higher_class_that_is_new_and_paid(old: str, new: str, begun: int, paid: int) -> None:
    onto = Server("vps", new, FIRST + days(30 + begun), TODAY + days(paid))
    fits = ("", *CLASSES).index(new) >= ("", *CLASSES).index(old) and begun >= 0 and paid > 0
    try:
        machines.check(replace(OLD, server_class=old), onto, CLASSES, TODAY)
    except Refused:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("type_", ["vps", "aps"])
def test_it_is_said_before_the_deletion_what_is_lost_and_how_it_comes_back(type_: str, language: str) -> None:
    steps = timeline(SHIPPED, as_planned(SHIPPED, Facts(type_, "", FIRST), FIRST - days(40)), FIRST - days(40))
    off = "all_off" if type_ == "vps" else "powered_off"
    assert [step.conditions for step in steps] == [(), (off,), ("as_image", "licence_released"), ()]
    assert [step.loses for step in steps] == [(), (), ("backup_storage",) if type_ == "vps" else (), ()]
    with translation.override(language):
        said = conditions(steps[2])
        assert len(said) == (3 if type_ == "vps" else 2) and len(Course(steps, SHIPPED).told[2]["conditions"]) == len(
            said
        )
        assert any(str(explaining.KEPT["backup_storage"]) in words for words in said) == (type_ == "vps")


def test_classes_are_data_and_each_comes_once() -> None:
    assert SHIPPED.of("vps").classes == SHIPPED.of("aps").classes == ("S", "M", "L", "XL")
    own = '"S", "M", "L", "XL"'
    assert policy(TEXT.replace(own, '"Größe 1", "Größe 2"')).of("vps").classes == ("Größe 1", "Größe 2")
    with pytest.raises(Refused, match=r"classes: No class comes twice"):
        policy(TEXT.replace(own, '"S", "M", "S"'))


def settled() -> House:
    return settle()


furnished_once, house = made_once(settled)
db = pytest.mark.django_db


def on(day: int) -> Clocks:
    clock = FixedClock(datetime.combine(FIRST + days(day), time(12), UTC))
    return Clocks(clock, clock)


def do(day: int, verb: str, **fields: object) -> dict[str, object]:
    return dict(perform(OPERATOR, f"lifecycle.{verb}", fields, on(day)).result)


def begin(house: House, day: int, type_: str = "vps", **fields: object) -> Service:
    given = {"customer": house.baker.customer, "type": type_, "name": "vps-7", **fields}
    return Service.objects.get(pk=do(day, "begin", **given)["service"])


@pytest.fixture
def server(house: House) -> Service:
    """A virtual server, with the mail of two domains and backup storage."""
    made = begin(house, -40, first_unpaid=FIRST.isoformat(), server_class="M")
    for name in NAMES:
        begin(house, -40, "server_mail", name=name, parent=made.pk)
    begin(house, -40, "backup_storage", parent=made.pk)
    return made


def passes(first: int, last: int) -> None:
    for day in range(first, last + 1):
        sweep(on(day).business.now())
        list(carry_out(on(day)))
        assert audit(FIRST + days(day)).differences == ()


@pytest.fixture
def deleted(server: Service) -> Service:
    do(0, "note_notice", service=server.pk)
    passes(0, 31)
    server.refresh_from_db()
    assert server.phase == "deleted"
    return server


def all_of(server: Service) -> set[str]:
    return {each.phase for each in Service.objects.filter(pk=server.pk) | server.children.all()}


def work(service: Service) -> list[str]:
    assert not Work.objects.filter(service=service, done=None).exists()
    return list(Work.objects.filter(service=service).order_by("pk").values_list("action", flat=True))


@db
def test_unpaid_all_of_it_goes_off_and_paid_comes_back(server: Service) -> None:
    passes(-1, 0)
    assert all_of(server) == {"suspended"}
    assert work(server) == ["suspend"] and all(work(each) == ["suspend"] for each in server.children.all())
    do(5, "set_paid", service=server.pk, first_unpaid="2028-03-03")
    list(carry_out(on(5)))
    assert all_of(server) == {"active"} and all(work(each)[-1] == "open" for each in server.children.all())


@db
def test_with_its_end_the_licence_is_given_back_once(deleted: Service) -> None:
    assert all_of(deleted) == {"deleted"}
    assert work(deleted) == ["suspend", "delete", "release_licence"]
    passes(32, 45)
    assert work(deleted) == ["suspend", "delete", "release_licence", "erase"]
    assert all("release_licence" not in work(each) for each in deleted.children.all()), "they have none"


@db
def test_its_image_goes_onto_a_new_server_and_the_licence_is_bought_again(house: House, deleted: Service) -> None:
    low = begin(house, 32, name="klein", first_unpaid="2028-03-03", server_class="S")
    with pytest.raises(ActionRefused, match="on which server"):
        do(32, "restore", service=deleted.pk)
    with pytest.raises(ActionRefused, match="M or higher"):
        do(32, "restore", service=deleted.pk, onto=low.pk)
    new = begin(house, 32, name="groß", first_unpaid="2028-03-03", server_class="L")
    assert do(32, "restore", service=deleted.pk, onto=new.pk)["service"] == new.pk
    list(carry_out(on(32)))
    assert work(new) == ["bring_back", "buy_licence"] and not new.children.exists()
    assert deleted.events.filter(what="restored", value=str(new.pk)).exists()
    with pytest.raises(ActionRefused, match="Another image"):
        do(33, "restore", service=deleted.pk, onto=new.pk)


@db
@pytest.mark.parametrize("whole", [True, False])
def test_mail_comes_back_with_the_image_or_domain_by_domain(house: House, deleted: Service, whole: bool) -> None:
    new = begin(house, 32, name="groß", first_unpaid="2028-03-03", server_class="M")
    mails = kept_mail(deleted, FIRST + days(32))
    assert [each.unicode for each in mails] == list(NAMES)
    if whole:
        do(32, "restore", service=deleted.pk, onto=new.pk, mail=True)
    else:
        do(32, "restore", service=mails[0].pk, onto=new.pk)
    list(carry_out(on(32)))
    back = new.children.order_by("pk")
    assert [each.unicode for each in back] == list(NAMES if whole else NAMES[:1])
    assert all(work(each) == ["bring_back"] and each.phase == "active" for each in back)
    assert len(kept_mail(deleted, FIRST + days(32))) == (0 if whole else 1)


@db
def test_of_backup_storage_nothing_comes_back_and_after_14_days_of_nothing(house: House, deleted: Service) -> None:
    new = begin(house, 32, name="groß", first_unpaid="2028-03-03", server_class="M")
    with pytest.raises(ActionRefused, match="nothing of it can be restored"):
        do(32, "restore", service=deleted.children.get(type="backup_storage").pk, first_unpaid="2028-03-03")
    check_onto(deleted, new, FIRST + days(43))
    with pytest.raises(ActionRefused, match="Nothing is kept"):
        do(44, "restore", service=deleted.pk, onto=new.pk)


@db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type_": "vps", "server_class": "XXL", "first_unpaid": "2028-03-03"}, "server_class"),
        ({"type_": "shop", "server_class": "M", "first_unpaid": "2028-03-03"}, "server_class"),
        ({"type_": "server_mail"}, "parent"),
        ({"type_": "backup_storage", "parent": "shop"}, "parent"),
        ({"type_": "server_mail", "parent": "server", "first_unpaid": "2028-03-03"}, "first_unpaid"),
        ({"type_": "shop", "parent": "server", "first_unpaid": "2028-03-03"}, "parent"),
    ],
)
def test_what_cannot_be_ordered_is_refused_beside_its_field(
    house: House, server: Service, fields: dict[str, object], field: str
) -> None:
    shop = begin(house, 0, "shop", first_unpaid="2028-03-03")
    above = {"server": server.pk, "shop": shop.pk}
    given = {key: above.get(str(value), value) if key == "parent" else value for key, value in fields.items()}
    with pytest.raises(ActionRefused) as caught:
        begin(house, 0, str(given.pop("type_")), **given)
    assert [error.field for error in caught.value.errors] == [field]


@db
def test_the_page_and_the_api_say_it_ahead(server: Service) -> None:
    perform(OPERATOR, "renewals.set_price", {"type": "vps", "months": 12, "net": "240,00"}, on(-40))
    drawn = course(server, FIRST - days(10))
    assert do(-10, "foresee", service=server.pk)["server_class"] == "M"
    assert [len(step["conditions"]) for step in foreseen(server, FIRST - days(10))["steps"]] == [0, 1, 3, 0]
    assert "Restoration 20.00" in str(drawn.told[2]["cost"])
    mail = server.children.filter(type="server_mail").earliest("pk")
    assert "Restoration of mail 20.00" in str(course(mail, FIRST - days(10)).told[2]["cost"])
