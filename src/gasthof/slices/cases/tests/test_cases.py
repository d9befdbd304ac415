"""Cases from the first word to the last: who is told, what is locked, what it costs, and that an end takes two."""

from datetime import UTC, date, datetime

import pytest
from django.db import Error, transaction
from django.test import Client
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, settle
from tests.programs import Program, people
from tests.readers import member, operator, owner, stranger

from gasthof.kernel.actions import Outcome, perform
from gasthof.kernel.clock import Clocks, FixedClock, SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.kernel.sealing import unseal
from gasthof.slices.access.models import OutgoingMail, User
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.examples import upload
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.cases.models import Case, Step
from gasthof.slices.cases.settling import unlock_paid
from gasthof.slices.lifecycle.models import Service, Termination
from gasthof.slices.mail.models import Mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
NAME = "grüße-aus-köln.test"
BOX = f"info@{NAME}"
WORDS = "Aus dem Postfach kam Werbung."
ANNA, BERTA = Actor("operator", name="user:991"), Actor("operator", name="user:992/token:7")


def at(day: date) -> Clocks:
    return Clocks(SystemClock(), FixedClock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)))


DAY = date(2027, 3, 3)


def settled() -> House:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    house.run("mail.add_mailbox", domain=NAME, name="info", password="Sehr-geheim 1")
    begun = {"customer": house.baker.customer, "type": "hosting", "name": NAME, "first_unpaid": "2028-03-03"}
    perform(OPERATOR, "lifecycle.begin", begun | {"subscription": house.mine}, at(DAY))
    return house


furnished_once, house = made_once(settled)


def do(verb: str, case: int | None = None, actor: Actor = OPERATOR, day: date = DAY, **fields: object) -> Outcome:
    given = fields if case is None else fields | {"case": case}
    return perform(actor, f"cases.{verb}", given, at(day))


def opened(house: House, day: date = DAY, **fields: object) -> int:
    basis = {"customer": house.baker.customer, "title": "Werbung", "words": WORDS}
    return int(do("open", day=day, **basis, **fields).result["case"])


def about_service(house: House, **fields: object) -> int:
    return opened(house, service=Service.objects.get(customer=house.baker.customer, parent=None).pk, **fields)


def locked() -> bool:
    return Mailbox.objects.get(local="info").locked


def refused(verb: str, case: int | None = None, actor: Actor = OPERATOR, **fields: object) -> str:
    with pytest.raises(ActionRefused) as caught:
        do(verb, case, actor, **fields)
    return "; ".join(error.message for error in caught.value.errors)


def signal(number: int | str, severity: int = 0) -> int:
    fields = {"source": "rspamd", "signal": number, "words": WORDS, "severity": severity, "mailbox": BOX}
    return int(do("signal", **fields).result["case"])


def test_signals_join_one_case_and_lock_the_mailbox_alone(house: House) -> None:
    owner(house)
    first = signal("1")
    assert [signal("1"), signal("2")] == [first, first] and not locked(), "told twice it counts once"
    assert signal("3") == first and locked()
    assert not Service.objects.filter(closed=True).exists(), "that mailbox alone"
    assert Step.objects.filter(what="signal").count() == 3
    do("close", first, words="Behoben.")
    assert not locked() and signal("4") != first and not locked()
    assert signal("5", severity=1) != first and locked(), "a serious one locks at once"


def test_a_mailbox_is_open_once_both_cases_let_go(house: House) -> None:
    both = [opened(house, mailbox=BOX), opened(house, mailbox=BOX)]
    for case in both:
        do("hold", case)
    do("lift", both[0])
    assert locked()
    do("lift", both[1], waived="Dieselbe Sache zweimal.")
    assert not locked()


def test_a_case_outlives_its_mailbox(house: House) -> None:
    case, other = opened(house, mailbox=BOX), opened(house, mailbox=BOX)
    do("hold", case)
    house.run("mail.remove_mailbox", mailbox=BOX)
    do("close", case, words="Gelöscht.")
    assert Case.objects.get(pk=case).closed and "no such mailbox" in refused("hold", other)


def test_everybody_who_signs_in_is_told_at_once_in_their_language(house: House) -> None:
    owner(house)
    german = member(house.baker.customer)
    assert isinstance(german, Client)
    OutgoingMail.objects.all().delete()
    from_user = house.baker.customer
    people = Case.objects.none().model._meta.apps.get_model("access", "User").objects.filter(customer=from_user)
    people.filter(pk=people.latest("pk").pk).update(language="de")
    case = opened(house, mailbox=BOX, kind="security")
    do("warn", case, words=WORDS, deadline="2027-03-10")
    do("note", case, words="Kopfzeilen")
    mails = OutgoingMail.objects.order_by("pk")
    assert len(mails) == 4, "evidence is nobody's to read"
    assert {(mail.language, mail.subject.partition(" ")[0]) for mail in mails} == {("en", "Case"), ("de", "Fall")}


def test_the_fee_is_invoiced_and_its_payment_alone_opens(house: House) -> None:
    case = about_service(house)
    do("hold", case)
    assert "free" in refused("charge", case, valid_until="2027-04-01")
    do("lift", case)
    do("close", case, words="Behoben.")
    again = about_service(house)
    do("hold", again)
    number = do("charge", again, valid_until="2027-04-01").result["proforma"]
    assert Proforma.objects.get(pk=number).net == 4_000
    assert "already" in refused("charge", again, valid_until="2027-04-01")
    assert list(unlock_paid(at(DAY))) == [] and Service.objects.get(parent=None).closed
    total = Proforma.objects.get(pk=number).total
    upload(house, mt940([Line(total, f"VS:{number}", iban="")]))
    assert len(list(unlock_paid(at(DAY)))) == 1 and list(unlock_paid(at(DAY))) == []
    assert not Service.objects.get(parent=None).closed


def fee_of(house: House, *, invoiced: bool = True) -> int:
    """A case that is locked and costs a fee, since it is severe."""
    case = about_service(house, severity=2)
    do("hold", case)
    if invoiced:
        do("charge", case, valid_until="2027-04-01")
    return case


@pytest.mark.parametrize("invoiced", [True, False])
@pytest.mark.parametrize("verb", ["close", "lift"])
def test_an_unpaid_fee_holds_the_lock_until_somebody_says_why_not(house: House, verb: str, invoiced: bool) -> None:
    case = fee_of(house, invoiced=invoiced)
    fields = {"words": "Behoben."} if verb == "close" else {}
    assert "is not paid" in refused(verb, case, **fields)
    assert Service.objects.get(parent=None).closed and Case.objects.get(pk=case).closed is None
    do(verb, case, waived="Kulanz: die Köchin ist neu", **fields)
    assert not Service.objects.get(parent=None).closed
    assert not Proforma.objects.filter(state="open").exists(), "nobody pays for what was waived"
    said = Step.objects.get(case=case, what="waived")
    assert said.house and said.words == "Kulanz: die Köchin ist neu"


def test_closed_as_unfounded_or_paid_there_is_nothing_to_waive(house: House) -> None:
    do("close", fee_of(house), words="Nichts.", unfounded=True)
    assert not Service.objects.get(parent=None).closed and not Proforma.objects.filter(state="open").exists()
    case = fee_of(house)
    proforma = Proforma.objects.get(cases_unlocked=case)
    upload(house, mt940([Line(proforma.total, f"VS:{proforma.number}", iban="")]))
    do("close", case, words="Behoben.")
    assert not Service.objects.get(parent=None).closed and not Step.objects.filter(case=case, what="waived").exists()


def test_terms_are_data_and_an_unfounded_case_counts_for_nothing(house: House) -> None:
    do("set_terms", fee=100_000, within=30, signals=1, currency="CZK")
    do("close", opened(house, mailbox=BOX), words="Nichts.", unfounded=True)
    case = opened(house, mailbox=BOX)
    do("hold", case)
    assert "free" in refused("charge", case, valid_until="2027-04-01")
    do("close", case, words="Behoben.")
    third = opened(house, date(2027, 4, 2), mailbox=BOX)
    do("hold", third, day=date(2027, 4, 2))
    number = do("charge", third, day=date(2027, 4, 2), valid_until="2027-05-01").result["proforma"]
    assert (Proforma.objects.get(pk=number).net, Proforma.objects.get(pk=number).currency) == (100_000, "CZK")


def test_an_end_at_once_takes_two_people(house: House) -> None:
    light = about_service(house, severity=2)
    assert "severe and deliberate" in refused("propose_end", light, words=WORDS)
    case = about_service(house, severity=2, deliberate=True)
    assert "Nobody" in refused("confirm_end", case, actor=ANNA)
    do("propose_end", case, ANNA, words=WORDS)
    assert "Another person" in refused("confirm_end", case, actor=Actor("operator", name="user:991/token:3"))
    assert not Termination.objects.exists()
    do("confirm_end", case, BERTA)
    wish = Termination.objects.get()
    assert (wish.effective, wish.authorised) == (DAY, "user:991, user:992")


def test_nobody_ends_it_at_once_past_the_case(house: House) -> None:
    """Not even by the verb that the case uses."""
    services = Service.objects.filter(customer=house.baker.customer, parent=None)
    fields = {"service": services.get().pk, "authorised": "Anna, Berta"}
    for who in (ANNA, house.baker):
        with pytest.raises(NotAllowed):
            perform(who, "lifecycle.end_for_breach", fields, at(DAY))


def test_a_machine_that_tells_twice_opens_one_case_and_its_customer_reads_what_to_do(house: House) -> None:
    """Spec L5, as a program does it: by a token that may tell and nothing else."""
    mine = owner(house)
    User.objects.filter(customer=house.baker.customer).update(language="de")
    OutgoingMail.objects.all().delete()
    machine = Program.of(people(User.OPERATOR, None, "rspamd"), verbs=["cases.signal"])
    seen = {"source": "rspamd", "signal": "4711", "words": WORDS, "severity": 1, "mailbox": BOX}
    answers = [machine.run("cases.signal", seen) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200] and Case.objects.count() == 1 and locked()
    assert machine.run("cases.close", {"case": Case.objects.get().pk, "words": "x"}).status_code == 403
    assert not Service.objects.filter(closed=True).exists(), "that mailbox alone"
    mails = [unseal(each.body) for each in OutgoingMail.objects.order_by("pk")]
    assert len(mails) == 2, "of the signal and of the lock, once"
    assert all("Wählen Sie ein neues Passwort" in each and BOX in each for each in mails)
    page = mine.get(f"/cases/{Case.objects.get().pk}/").content.decode()
    assert "Wählen Sie ein neues Passwort" in page or "Choose a new password" in page


def test_steps_are_written_once(house: House) -> None:
    opened(house)
    for change in (lambda: Step.objects.update(words="x"), lambda: Step.objects.all().delete()):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


def test_what_a_customer_may(house: House) -> None:
    case = opened(house, mailbox=BOX)
    do("mended", case, house.baker, words="Neues Passwort.")
    assert Case.objects.get(pk=case).mended
    with pytest.raises(NotAllowed):
        do("lift", case, house.baker)
    assert refused("mended", case, house.gardener, words="x")
    do("close", case, words="Gut.")
    assert "closed" in refused("mended", case, house.baker, words="x")
    assert "passed" in refused("warn", opened(house), words=WORDS, deadline="2027-03-02")
    assert "another customer" in refused("open", customer=house.gardener.customer, title="x", words=WORDS, mailbox=BOX)


def test_pages(house: House) -> None:
    case = about_service(house, severity=2, deliberate=True)
    do("note", case, words="Nur für das Haus")
    do("hold", case)
    do("propose_end", case, ANNA, words=WORDS)
    boss, mine, other = operator(), owner(house), stranger(house)
    at_case, of_customer = f"/cases/{case}/", f"/customers/{house.baker.customer}/cases/"
    for page, told in ((at_case, [200, 200, 404]), (of_customer, [200, 200, 404]), ("/cases/", [200, 403, 403])):
        assert [client.get(page).status_code for client in (boss, mine, other)] == told, page
    for act in ("warn", "note", "hold", "lift", "charge", "close", "propose_end", "confirm_end"):
        assert [client.get(at_case + act).status_code for client in (boss, mine, other)] == [200, 403, 404], act
    assert boss.get(of_customer + "open").status_code == 200 and boss.get(at_case + "nothing").status_code == 404
    page = mine.get(at_case).content.decode()
    assert "Nur für das Haus" not in page and "Nur für das Haus" in boss.get(at_case).content.decode()
    assert "Unlocking costs" in page and "/mended" in page and "/lift" not in page
    assert mine.post(at_case + "mended", {"words": "Neue Passwörter"}).status_code == 303
    assert "Neue Passwörter" in boss.get(at_case).content.decode()
