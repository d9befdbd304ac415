"""What billing and hosting systems have shipped, and this one must not (design/lifecycle-model.md): a test for each line, by real verbs.

Proven where the thing itself is at home:
- A reminder sent four times: notices/tests/test_notices.py, test_each_on_its_day_and_once and test_after_an_outage_one_mail_goes_and_not_four.
- Terminating one machine destroys another that got its number: on the machine subscriptions/tests/test_not_ours.py, in the control plane
  lifecycle/tests/test_carrying.py, test_what_is_anothers_is_neither_closed_nor_deleted.
- Suspended though no invoice was ever made, of a service without a first unpaid day: lifecycle/tests/test_sweeping.py,
  test_nobody_is_suspended_who_was_never_asked_for_money.
What the pure function says of several of them stands at the end of lifecycle/tests/test_evaluate.py.
"""

from datetime import UTC, date, datetime

import pytest

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks
from gasthof.slices.billing import books
from gasthof.slices.billing.models import Case, Proforma, Settled
from gasthof.slices.lifecycle.models import Hold, Service, Work
from gasthof.slices.lifecycle.names import adopt
from gasthof.slices.nodes.models import DesiredObject
from gasthof.slices.registrar import reading
from gasthof.slices.registrar.results import WRONG_DATE
from gasthof.slices.registrar.tests.conftest import Scene
from gasthof.slices.registrar.tests.examples import ADDRESS
from gasthof.slices.renewals import unpriced
from gasthof.slices.renewals.asking import ask_due
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Carried
from gasthof.slices.subscriptions.models import Export, Subscription
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, all_live
from tests.story import FIRST, NAME, Story, begin, nothing_waits

__all__ = ["nothing_waits"]  # fixture
pytestmark = pytest.mark.django_db
PAID = date(2028, 3, 3)  # first unpaid day after a year


furnished_once, house = made_once(lambda: begin().house)


@pytest.fixture
def story(house: House) -> Story:
    return Story(house)


def now(service: Service) -> tuple[str, bool, date | None]:
    service.refresh_from_db()
    return service.phase, service.closed, service.first_unpaid


def state(house: House) -> str:
    return Subscription.objects.get(number=int(house.mine[1:])).state


def credit(story: Story) -> int:
    return books.credit(story.house.baker.customer or 0, "EUR")


def deleted(story: Story) -> Service:
    """Told of, and unpaid until its end; what was in it is saved and gone."""
    service = story.hosting
    story.do("lifecycle.note_notice", service=service.pk)
    story.go(60)
    all_live()
    story.night()
    assert now(service)[0] == "deleted"
    return service


def test_nobody_is_suspended_who_could_not_have_paid(story: Story) -> None:
    """While nobody has said what a service costs, its first unpaid day is put off, and staff are told until somebody does."""
    begun = {"customer": story.hosting.customer_id, "name": NAME, "first_unpaid": FIRST.isoformat()}
    shop = Service.objects.get(pk=story.do("lifecycle.begin", type="shop", **begun)["service"])
    story.go(-31)
    assert unpriced.alarms(story.clocks) == []
    for day in (-30, -11, 0, 45):
        story.go(day)
        (alarm,) = unpriced.alarms(story.clocks)
        assert "E-shop" in alarm.title and alarm.since <= story.clock.at
    phase, closed, first = now(shop)
    assert (phase, closed) == ("active", False) and first is not None and first > story.clock.at.date()
    assert not Proforma.objects.filter(asked__service=shop).exists()
    story.do("renewals.set_price", type="shop", months=12, net="24")
    story.night()
    assert unpriced.alarms(story.clocks) == [] and story.asked(shop).valid_until > first
    story.pass_days((first - story.clock.at.date()).days)
    assert now(shop) == ("suspended", False, first), "now it could have been paid"


@pytest.mark.parametrize("day", [0, 59])
def test_a_payment_is_not_refused_because_the_suspension_ran_first(story: Story, day: int) -> None:
    story.go(0)
    assert state(story.house) == "suspended"
    story.go(day)
    story.pay(story.asked(story.hosting))
    story.night()
    assert now(story.hosting) == ("active", False, PAID) and state(story.house) == "active"


def test_one_payment_renews_once(story: Story) -> None:
    """However often its statement is uploaded and looked at."""
    story.go(-30)
    file = story.statement("1")
    for _ in range(3):
        story.do("billing.upload_statement", file=file)
        story.night()
    assert now(story.hosting) == ("active", False, PAID)
    assert [each.outcome for each in Carried.objects.all()] == ["renewed"] * 2, "one for each service"
    assert credit(story) == 0 and Settled.objects.count() == 2


@pytest.fixture
def scene(house: House) -> Scene:
    """The same baker, with a contact at the registry."""
    contact = house.run("registrar.add_contact", customer=house.baker.customer, **ADDRESS).result["contact"]
    return Scene(house, contact)


def test_a_registrar_date_of_1969_cancels_no_invoice(scene: Scene) -> None:
    clocks = Clocks(scene.wall, scene.clock)
    name = scene.register().name
    list(adopt(clocks))
    service = Service.objects.get(type="domain", name=name)
    terms = {"type": "domain", "tld": "de", "months": 12, "net": "12"}
    perform(OPERATOR, "renewals.set_price", terms, clocks)
    scene.clock.at = datetime(2028, 2, 1, 12, tzinfo=UTC)
    list(ask_due(clocks))
    asked = Proforma.objects.get(asked__service=service)
    before = Proforma.objects.values().get(pk=asked.pk)
    scene.registry.fail("info", "wrong date")
    scene.wall.go(seconds=1)
    reading.reconcile(lambda _: scene.registry, scene.wall)
    assert scene.registration().finding == WRONG_DATE
    Service.objects.filter(pk=service.pk).update(registry_date=date(1969, 12, 31))  # as if it had got through
    for _ in range(2):
        list(ask_due(clocks))
    assert Proforma.objects.filter(asked__service=service).values().get() == before and asked.state == "open"
    Story(scene.house, scene.clock).pay(asked)
    list(carry_over(clocks))
    assert now(service) == ("active", False, date(2029, 3, 1))


def test_grace_is_counted_once(story: Story) -> None:
    """Days that the house was down are given back once, however often the day after is swept; and a payment late in them begins where the last one ended."""
    service = story.hosting
    story.do("lifecycle.note_notice", service=service.pk)
    story.go(50)
    for missed in (9, 4):
        story.clock.go(days=missed + 1)
        for _ in range(3):
            story.night()
    service.refresh_from_db()
    assert service.spared == 13 and service.phase == "suspended"
    story.go(60 + 13 - 1)
    assert now(service)[0] == "suspended"
    story.pay(story.asked(service))
    story.night()
    assert now(service) == ("active", False, PAID)
    service.refresh_from_db()
    assert service.spared == 0, "of the next unpaid time none is given"


def test_a_cancelled_label_blocks_no_paid_renewal(story: Story) -> None:
    """An end that was wished for takes the proforma back; once the wish is taken back, it is asked for again, paid, and renewed."""
    story.go(-20)
    first = story.asked(story.hosting)
    story.wish()
    story.pass_days(1)
    first.refresh_from_db()
    assert first.state == Proforma.EXPIRED
    story.go(-15)
    story.stay()
    story.go(-14)
    story.pay(story.asked(story.hosting))
    story.go(1)
    assert now(story.hosting) == ("active", False, PAID) and state(story.house) == "active"


def told() -> dict[tuple[str, str], str | None]:
    """All that the node is told."""
    return {(kind, key): spec for kind, key, spec in DesiredObject.objects.values_list("kind", "key", "spec")}


def test_deleting_one_site_leaves_the_owners_others(story: Story) -> None:
    house, customer, first = story.house, story.house.baker.customer, told()
    other = house.run("subscriptions.create", customer=customer, plan="Standard", node="local").result["subscription"]
    names = ("andere-grüße.test", "dritte-grüße.test")
    for name in names:
        house.run("domains.add", subscription=other, name=name)
        house.run("mail.add_mailbox", domain=name, name="info", password="Sehr-geheim 1")
    begun = {"customer": customer, "type": "hosting", "name": names[0], "first_unpaid": PAID.isoformat()}
    kept = Service.objects.get(pk=story.do("lifecycle.begin", **begun, subscription=other)["service"])
    others = {key: spec for key, spec in told().items() if key not in first}
    assert len(others) > 6
    deleted(story)
    assert {key: spec for key, spec in told().items() if key in others} == others
    assert told()["subscriptions.home", house.mine] is None and now(kept) == ("active", False, PAID)
    assert list(Export.objects.values_list("subscription", flat=True)) == [int(house.mine[1:])]


def test_a_late_payment_revives_nothing(story: Story) -> None:
    """It is the customer's credit, and somebody is told."""
    story.go(0)
    late = story.asked(story.hosting)
    service = deleted(story)
    before, work = now(service), Work.objects.count()
    story.pay(late)
    line = f"lifecycle:{service.pk}; Hosting; 100,00; standard; {FIRST}; 2028-03-02"
    by_hand = story.do("billing.issue", customer=service.customer_id, lines=[line], valid_until="2027-12-31")
    story.pay(Proforma.objects.get(pk=by_hand["proforma"]), "2")
    story.pass_days(3)
    assert now(service) == before and Work.objects.count() == work
    assert not Subscription.objects.filter(number=int(story.house.mine[1:])).exists()
    assert credit(story) == 2 * late.total
    assert Case.objects.get().why == "cancelled" and Carried.objects.get().outcome == Carried.RETURNED


def test_suspended_months_are_not_invoiced_afterwards(story: Story) -> None:
    """Of a service that is paid by the month, one month's payment opens it, and the next proforma is for what comes."""
    service = story.hosting
    story.do("renewals.agree", service=service.pk, months=1, net="9,90")
    story.go(50)
    assert state(story.house) == "suspended"
    story.pay(story.asked(service))
    story.night()
    assert now(service) == ("active", False, date(2027, 5, 3)) and state(story.house) == "active"
    story.go(51)
    (line,) = story.asked(service).lines.all()
    assert (line.valid_from, line.valid_until) == (date(2027, 5, 3), date(2027, 6, 2))
    assert Proforma.objects.filter(asked__service=service).count() == 2 and credit(story) == 0


def test_an_abuse_suspended_but_paid_service_is_not_deleted(story: Story) -> None:
    service = story.hosting
    story.do("lifecycle.note_notice", service=service.pk)
    story.go(-10)
    story.pay(story.asked(service))
    opened = {"customer": service.customer_id, "title": "Fremde Dateien", "words": "Siehe Köln.", "service": service.pk}
    case = story.do("cases.open", **opened)["case"]
    story.do("cases.hold", case=case)
    story.go(180)
    assert now(service) == ("active", True, PAID) and state(story.house) == "suspended"
    assert not Export.objects.exists()
    story.do("cases.lift", case=case)
    story.night()
    assert now(service) == ("active", False, PAID) and state(story.house) == "active"
    assert not Hold.objects.filter(lifted=None).exists()
