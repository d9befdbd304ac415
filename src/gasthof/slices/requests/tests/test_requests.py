"""Requests from the first word to the last: what is confirmed happens, what was shown is what happens, and all of it stands in the thread."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import Error, transaction
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, all_live, settle
from tests.programs import people
from tests.readers import operator, owner

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.clock import Clocks, FixedClock
from gasthof.kernel.permissions import SYSTEM, Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.sealing import unseal
from gasthof.slices.access.models import OutgoingMail, User
from gasthof.slices.access.queries import actor_of
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.examples import upload
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.cases.models import Case
from gasthof.slices.lifecycle.models import Service, Termination, Work
from gasthof.slices.lifecycle.queries import course
from gasthof.slices.requests.alarming import alarms
from gasthof.slices.requests.carrying import restore_paid
from gasthof.slices.requests.doors import kinds_for
from gasthof.slices.requests.models import Request, Step
from gasthof.slices.requests.views import foreseen

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
NAME = "grüße-aus-köln.test"
DAY = date(2027, 3, 3)
PAID_UNTIL = date(2028, 3, 3)


def at(day: date = DAY, minutes: int = 0) -> Clocks:
    """Both clocks at noon of that day, and so many minutes."""
    clock = FixedClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(minutes=minutes))
    return Clocks(clock, clock)


def settled() -> House:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    begun = {"customer": house.baker.customer, "type": "hosting", "name": NAME, "subscription": house.mine}
    perform(OPERATOR, "lifecycle.begin", begun | {"first_unpaid": PAID_UNTIL.isoformat()}, at())
    for customer, name in ((house.baker.customer, "baeckerin"), (house.gardener.customer, "gaertner")):
        people(User.MEMBER, customer, name)
    return house


furnished_once, house = made_once(settled)


def who(name: str = "baeckerin") -> Actor:
    return actor_of(User.objects.get(email=f"{name}@example.org"))


def do(
    verb: str, request: int | None = None, actor: Actor | None = None, when: Clocks | None = None, **fields: object
) -> dict:
    given = fields if request is None else fields | {"request": request}
    return dict(perform(actor or who(), f"requests.{verb}", given, when or at()).result)


def refused(
    verb: str, request: int | None = None, actor: Actor | None = None, when: Clocks | None = None, **fields: object
) -> str:
    with pytest.raises(ActionRefused) as caught:
        do(verb, request, actor, when, **fields)
    return "; ".join(error.message for error in caught.value.errors)


def service() -> Service:
    return Service.objects.earliest("pk")


def drafted(house: House, kind: str = "end", **fields: object) -> int:
    return int(do("draft", customer=house.baker.customer, kind=kind, **{"service": service().pk, **fields})["request"])


def mailed() -> str:
    """The code in the last mail."""
    found = re.search(r"^(\d{4}) (\d{4})$", unseal(OutgoingMail.objects.latest("pk").body), re.MULTILINE)
    assert found
    return found[1] + found[2]


def coded(request: int, when: Clocks | None = None) -> str:
    do("send_code", request, when=when)
    return mailed()


def confirmed(request: int) -> dict:
    return do("confirm", request, code=coded(request))


def told(request: int) -> list[tuple[str, str]]:
    return list(Step.objects.filter(request=request).order_by("pk").values_list("what", "by"))


def test_an_end_is_carried_out_at_once_and_is_what_was_shown(house: House) -> None:
    number = drafted(house, on="2027-09-01")
    preview = foreseen(Request.objects.get(pk=number))
    assert not Termination.objects.exists() and preview is not None
    assert confirmed(number)["state"] == "done"
    wish, person = Termination.objects.get(), str(who())
    assert (wish.effective, wish.by, wish.authorised) == (date(2027, 9, 1), person, f"A-{number}, mailed code")
    assert course(service(), preview.steps[0].day).steps == preview.steps
    assert told(number) == [("drafted", person), ("code", person), ("confirmed", person), ("carried_out", "system")]


def test_an_end_without_a_day_is_when_what_is_paid_has_run_out(house: House) -> None:
    confirmed(drafted(house))
    assert Termination.objects.get().effective == PAID_UNTIL


def test_an_end_is_taken_back_before_its_day_and_not_on_it(house: House) -> None:
    confirmed(drafted(house, on="2027-09-01"))
    late = at(date(2027, 9, 1))
    assert "too late" in refused(
        "draft", customer=house.baker.customer, kind="withdraw", service=service().pk, when=late
    )
    number = drafted(house, "withdraw")
    preview = foreseen(Request.objects.get(pk=number))
    confirmed(number)
    assert not Termination.objects.filter(revoked=None).exists() and preview is not None
    assert course(service(), preview.steps[0].day).steps == preview.steps


def test_an_end_for_a_breach_is_not_taken_back_by_who_broke_the_terms(house: House) -> None:
    perform(SYSTEM, "lifecycle.end_for_breach", {"service": service().pk, "authorised": "zwei"}, at())
    assert "too late" in refused("draft", customer=house.baker.customer, kind="withdraw", service=service().pk)


def test_what_cannot_be_is_said_beside_its_field(house: House) -> None:
    customer = house.baker.customer
    for fields, words in (
        ({"kind": "end"}, "which service"), ({"kind": "message"}, "must not be empty"), ({"kind": "mended"}, "must not be empty"),
        ({"kind": "end", "service": service().pk, "on": "2027-03-02"}, "has passed"),
        ({"kind": "withdraw", "service": service().pk}, "no wish"), ({"kind": "restore", "service": service().pk}, "not ended"),
    ):  # fmt: skip
        assert words in refused("draft", customer=customer, **fields), fields
    confirmed(drafted(house))
    assert "already" in refused("draft", customer=customer, kind="end", service=service().pk)


def test_a_message_and_what_is_answered_in_its_thread(house: House) -> None:
    number = int(do("draft", customer=house.baker.customer, kind="message", words="Grüße\naus Köln")["request"])
    assert Request.objects.get(pk=number).state == "waiting"
    before = OutgoingMail.objects.count()
    do("write", number, OPERATOR, words="Grüße zurück")
    assert Request.objects.get(pk=number).state == "done" and OutgoingMail.objects.count() == before + 1
    do("write", number, words="Noch etwas")
    assert Request.objects.get(pk=number).state == "waiting"
    do("decline", number, OPERATOR, words="Genug.")
    assert "Nobody looks" in refused("write", number, words="Hallo?")
    assert [what for what, _ in told(number)] == ["drafted", "replied", "wrote", "declined"]
    page = owner(house).get(f"/requests/{number}/").content.decode()
    assert page.count("aus Köln") == 1 and "Written down" not in page  # a message is one from the beginning


def test_a_mended_breach_waits_for_staff(house: House) -> None:
    number = drafted(house, "mended", words="Neue Passwörter.")
    assert confirmed(number)["state"] == "waiting"
    assert do("finish", number, OPERATOR, words="Danke.")["state"] == "done"


def case(customer: int | None, **fields: object) -> Case:
    made = perform(
        OPERATOR,
        "cases.open",
        {"customer": customer, "title": "Fremde Dateien", "words": "Siehe Köln.", **fields},
        at(),
    )
    return Case.objects.get(pk=made.result["case"])


def test_what_is_mended_stands_in_its_case(house: House) -> None:
    """The only open one is meant; of several it is said which."""
    about = case(house.baker.customer, service=service().pk)
    number = drafted(house, "mended", words="Neue Passwörter.")
    done = confirmed(number)
    assert (done["state"], done["case"]) == ("done", about.pk)
    about.refresh_from_db()
    assert about.mended is not None and told(number)[-1] == ("in_case", "system")
    last = about.steps.latest("pk")
    assert (last.what, last.words, last.by) == ("mended", "Neue Passwörter.", str(who()))
    second = case(house.baker.customer)
    assert do("draft", customer=house.baker.customer, kind="mended", words="x")["case"] is None
    assert do("draft", customer=house.baker.customer, kind="mended", words="x", case=second.pk)["case"] == second.pk


def test_a_case_of_anothers_or_a_closed_one_is_none_to_mend(house: House) -> None:
    about, other = case(house.baker.customer), case(house.gardener.customer)
    wanted = {"customer": house.baker.customer, "kind": "mended", "words": "x"}
    assert "no such object" in refused("draft", **wanted, case=other.pk)
    number = int(do("draft", **wanted, case=about.pk)["request"])
    code = coded(number)
    perform(OPERATOR, "cases.close", {"case": about.pk, "words": "Gut."}, at())
    assert "closed" in refused("draft", **wanted, case=about.pk) and "closed" in refused("confirm", number, code=code)


def test_a_services_page_leads_to_what_can_be_asked_about_it(house: House) -> None:
    page, mine = f"/services/{service().pk}/", owner(house)
    new = f"/customers/{house.baker.customer}/requests/new"

    def doors() -> list[str]:
        return [door.url.removeprefix(new) for door in mine.get(page).context["doors"]]

    def with_service(*kinds: str) -> list[str]:
        return [f"/{kind}?service={service().pk}" for kind in kinds]

    assert doors() == with_service("end", "backup", "message")
    chosen = mine.get(f"{new}/end?service={service().pk}").content.decode()
    assert f'<option value="{service().pk}" selected>' in chosen and NAME in chosen
    confirmed(drafted(house, on="2999-09-01"))
    perform(OPERATOR, "lifecycle.put_hold", {"service": service().pk, "kind": "abuse"}, at())
    assert doors() == with_service("mended", "withdraw", "backup", "message")
    assert [door.url for door in operator().get(page).context["doors"]] == [f"/services/{service().pk}/price"]
    assert mine.get(f"{new}/message?service=x&case=-1").status_code == 200


@pytest.fixture
def ended(house: House) -> Service:
    """Deleted today, switched off by hand and saved before."""
    house.run("subscriptions.suspend", subscription=house.mine)
    name = house.run("subscriptions.export", subscription=house.mine).result["export"]
    all_live()
    house.run("subscriptions.delete", subscription=house.mine)
    row = service()
    Service.objects.filter(pk=row.pk).update(ended=DAY, phase="deleted", due_at=None, subscription=None)
    Work.objects.create(
        service=row,
        revision=99,
        action="delete",
        target="hosting",
        at=at().wall.now(),
        done=at().wall.now(),
        archive=name,
    )
    perform(OPERATOR, "renewals.set_price", {"type": "hosting", "months": 12, "net": "84,00"}, at())
    return Service.objects.get(pk=row.pk)


def test_what_was_deleted_is_quoted_confirmed_accepted_paid_and_restored(house: House, ended: Service) -> None:
    number = drafted(house, "restore")
    assert Request.objects.get(pk=number).offered.total == 10_400
    assert "not possible" in refused("accept", number, OPERATOR, words="Gern.", valid_until="2027-03-10")
    assert confirmed(number)["state"] == "waiting"
    assert "asked for already" in refused("draft", customer=house.baker.customer, kind="restore", service=ended.pk)
    assert "not kept for so long" in refused("accept", number, OPERATOR, words="Gern.", valid_until="2027-03-17")
    proforma = Proforma.objects.get(
        pk=do("accept", number, OPERATOR, words="Gern.", valid_until="2027-03-16")["proforma"]
    )
    assert proforma.net == 10_400 and list(restore_paid(at())) == []
    upload(house, mt940([Line(proforma.total, f"VS:{proforma.pk}", iban="")]))
    assert alarms() == []
    Proforma.objects.filter(pk=proforma.pk).update(ended=SYSTEM_CLOCKS.business.now() - timedelta(hours=24))
    (alarm,) = alarms()
    assert "Bäckerei Müller is paid and not restored" in alarm.title
    assert len(list(restore_paid(at()))) == 1 and list(restore_paid(at())) == [] == alarms()
    row = Request.objects.get(pk=number)
    assert row.state == "done" and row.restored is not None
    assert (row.restored.name, row.restored.first_unpaid, row.restored.ended) == (ended.name, PAID_UNTIL, None)
    assert list(row.restored.subscription.domains.values_list("unicode", flat=True)) == [NAME]
    assert row.restored.subscription.paused
    assert Step.objects.filter(request=number).latest("pk").words == f"Von Hand abgeschaltet, und das weiterhin: {NAME}"


def test_a_restoration_that_is_paid_and_not_possible_any_more_is_staffs(house: House, ended: Service) -> None:
    number = drafted(house, "restore")
    confirmed(number)
    proforma = Proforma.objects.get(
        pk=do("accept", number, OPERATOR, words="Gern.", valid_until="2027-03-16")["proforma"]
    )
    perform(
        OPERATOR,
        "subscriptions.delete_export",
        {"export": Work.objects.exclude(archive="").get().archive, "anyway": "yes"},
        at(),
    )
    upload(house, mt940([Line(proforma.total, f"VS:{proforma.pk}", iban="")]))
    assert len(list(restore_paid(at()))) == 1
    assert Request.objects.get(pk=number).state == "failed" and told(number)[-1][0] == "failed"
    assert do("finish", number, OPERATOR, words="Das Geld ist zurück.")["state"] == "done"


def test_a_price_that_nobody_has_said_is_not_accepted(house: House, ended: Service) -> None:
    perform(OPERATOR, "renewals.drop_price", {"price": "hosting"}, at())
    number = drafted(house, "restore")
    confirmed(number)
    assert "was not known" in refused("accept", number, OPERATOR, words="Gern.", valid_until="2027-03-10")


def test_a_fee_for_each_subserver_of_which_something_is_kept(house: House, ended: Service) -> None:
    """Spec L15, L19: what its customer gave up long ago is neither restored nor charged for."""
    perform(OPERATOR, "renewals.set_price", {"type": "vms", "months": 12, "net": "600,00"}, at())
    rack = {"customer": house.baker.customer, "type": "vms", "name": "Brötchenturm", "first_unpaid": str(PAID_UNTIL)}
    parent = int(perform(OPERATOR, "lifecycle.begin", rack, at()).result["service"])
    Service.objects.filter(pk=ended.pk).update(
        parent=parent, type="subserver", entry="subserver", first_unpaid=None, name="backstube"
    )
    plan = {"customer": house.baker.customer, "plan": "Standard", "node": "local"}
    place = perform(OPERATOR, "subscriptions.create", plan, at()).result["subscription"]
    given_up = {"customer": house.baker.customer, "type": "subserver", "name": NAME, "parent": parent}
    perform(OPERATOR, "lifecycle.begin", given_up | {"subscription": place}, at())
    Service.objects.filter(parent=parent).update(ended=DAY, phase="deleted", due_at=None)
    Service.objects.filter(pk=parent).update(ended=DAY, phase="deleted", due_at=None)
    offered = Request.objects.get(pk=drafted(house, "restore", service=parent)).offered
    assert offered.total == 2_000 + 60_000


def test_whether_there_is_a_backup(house: House) -> None:
    """Of what stands only staff know."""
    number = drafted(house, "backup")
    assert confirmed(number)["state"] == "waiting"


def test_what_was_deleted_can_be_asked_back_while_it_is_kept(house: House, ended: Service) -> None:
    assert kinds_for(ended, DAY) == ["restore", "backup", "message"]
    assert kinds_for(ended, DAY + timedelta(days=14)) == ["backup", "message"]


def test_whether_there_is_a_backup_of_what_was_deleted(house: House, ended: Service) -> None:
    number = drafted(house, "backup")
    assert confirmed(number)["state"] == "done"
    assert "16" in Step.objects.get(request=number, what="answered").words


def test_the_thread_is_written_once(house: House) -> None:
    drafted(house)
    for change in (lambda: Step.objects.update(words="x"), lambda: Step.objects.all().delete()):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


def test_everybody_who_acts_as_the_owner_hears_of_what_was_confirmed(house: House) -> None:
    people(User.MEMBER, house.baker.customer, "teilhaber")
    number = drafted(house)
    code = coded(number)
    OutgoingMail.objects.all().delete()
    do("confirm", number, code=code)
    assert {mail.recipient for mail in OutgoingMail.objects.all()} == {"baeckerin@example.org", "teilhaber@example.org"}
    assert all(NAME in unseal(mail.body) for mail in OutgoingMail.objects.all())
