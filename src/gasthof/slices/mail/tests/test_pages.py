"""Pages of mail: who sees what, what forms do, and how many questions a list asks."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.habits.examples import DOMAIN, MAIL_PASSWORD
from tests.habits.furnished import furnished_once, house
from tests.house import House, all_live
from tests.readers import ASCII, anonymous, member, operator, owner, stranger

from gasthof.slices.access.models import User
from gasthof.slices.mail.models import Address, Mailbox, MailDomain
from gasthof.slices.nodes.models import ObjectReport

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
MAIL = f"/domains/{ASCII}/mail/"
BOX = f"{MAIL}mailboxes/info/"
PAGES = [
    MAIL, f"{MAIL}add", BOX, f"{BOX}change", f"{BOX}password", f"{BOX}forward", f"{BOX}vacation", f"{BOX}alias", f"{BOX}remove",
    f"{MAIL}addresses/", f"{MAIL}addresses/forward", f"{MAIL}addresses/team/change", f"{MAIL}addresses/team/remove",
    f"{MAIL}addresses/kontakt/remove", f"{MAIL}catch-all", f"{MAIL}switch", f"{MAIL}programs",
]  # fmt: skip


def test_every_page_for_everybody(house: House) -> None:
    whole = f"/subscriptions/{house.mine}/mail/"
    mine, theirs, stranger_ = owner(house), operator(), stranger(house)
    for page in [*PAGES, whole]:
        assert mine.get(page).status_code == 200, page
        assert theirs.get(page).status_code == 200, page
        assert stranger_.get(page).status_code == 404, page
        assert anonymous().get(page).status_code == 302, page
    assert mine.get(f"{MAIL}mailboxes/nobody/").status_code == 404
    assert mine.get("/domains/keine.test/mail/").status_code == 404


def test_a_user_of_one_domain_sees_that_one_and_readers_change_nothing(house: House) -> None:
    house.run("domains.add", subscription=house.mine, name="törtchen.test")
    house.run("mail.add_mailbox", domain="törtchen.test", name="versteckt", password=MAIL_PASSWORD)
    client = member(house.baker.customer, "mail administrator", domain=ASCII)
    assert client.get(f"{BOX}change").status_code == 200
    assert client.get("/domains/xn--trtchen-90a.test/mail/").status_code == 404
    whole = client.get(f"/subscriptions/{house.mine}/mail/").content.decode()
    assert f"info@{DOMAIN}" in whole and "versteckt@" not in whole
    reader = member(house.baker.customer, "read only")
    assert reader.get(BOX).status_code == 200 and b"Delete mailbox" not in reader.get(BOX).content
    assert reader.get(f"{BOX}change").status_code == reader.post(f"{BOX}remove").status_code == 403


def test_a_user_of_one_mailbox_sees_that_one(house: House) -> None:
    house.run("mail.add_mailbox", domain=DOMAIN, name="andere", password=MAIL_PASSWORD)
    client = member(house.baker.customer, "mail administrator", mailbox=f"info@{ASCII}")
    listed = client.get(MAIL).content.decode()
    assert f"info@{DOMAIN}" in listed and "andere@" not in listed and "Add a mailbox" not in listed
    assert client.get(f"{BOX}password").status_code == 200
    for hidden in (f"{MAIL}mailboxes/andere/", f"{MAIL}mailboxes/keines/", f"{MAIL}add", f"{MAIL}catch-all"):
        assert client.get(hidden).status_code == 404, hidden


def test_a_mailbox_from_its_beginning_to_its_end(house: House) -> None:
    client = owner(house)
    made = {"name": "anna.mueller", "password": MAIL_PASSWORD, "quota_mb": "100", "title": "Anna Müller"}
    answer = client.post(f"{MAIL}add", made)
    assert answer.status_code == 303
    assert f"The mailbox anna.mueller@{DOMAIN} was added." in client.get(answer.headers["location"]).content.decode()
    box = f"{MAIL}mailboxes/anna.mueller/"
    client.post(f"{box}change", {"quota_mb": "200", "title": "Anna Öz"})
    client.post(f"{box}forward", {"to": "a@example.org\nb@büro.example", "keep_copy": "on"})
    client.post(f"{box}alias", {"name": "anna", "domain": ASCII})
    row = Mailbox.objects.get(local="anna.mueller")
    assert (row.quota_mb, row.title) == (200, "Anna Öz")
    assert row.forward_to == ["a@example.org", "b@xn--bro-hoa.example"] and row.keep_copy
    before = row.hash
    client.post(f"{box}password", {"password": "Noch-geheimer 2"})
    row.refresh_from_db()
    assert row.hash != before
    page = client.get(box).content.decode()
    assert "b@büro.example" in page and f"anna@{DOMAIN}" in page
    assert client.post(f"{box}remove").status_code == 303
    assert not Mailbox.objects.filter(local="anna.mueller").exists()


def test_a_mailbox_is_added_from_the_list_of_all(house: House) -> None:
    """With one domain straight there; with several the form offers those in which the reader may."""
    whole, form = f"/subscriptions/{house.mine}/mail/", f"/subscriptions/{house.mine}/mail/add"
    mine = owner(house)
    assert f'href="{MAIL}add"' in mine.get(whole).content.decode()
    house.run("domains.add", subscription=house.mine, name="törtchen.test")
    assert f'href="{form}"' in mine.get(whole).content.decode()

    limited = member(house.baker.customer, "mail administrator", domain=ASCII)
    offered = limited.get(form).content.decode()
    assert f"@{DOMAIN}" in offered and "@törtchen.test" not in offered
    assert f'href="{MAIL}add"' in limited.get(whole).content.decode()
    reader = member(house.baker.customer, "read only")
    assert "Add a mailbox" not in reader.get(whole).content.decode() and reader.get(form).status_code == 403

    fields = {
        "name": "backstube",
        "domain": "xn--trtchen-90a.test",
        "password": MAIL_PASSWORD,
        "quota_mb": "100",
        "title": "",
    }
    refused = mine.post(form, fields | {"name": "zwei wörter"})
    assert refused.status_code == 422 and "zwei wörter" in refused.content.decode()
    foreign = mine.post(form, fields | {"domain": "xn--grtnerei-grn-gcb06a.test"})
    assert foreign.status_code == 422
    answer = mine.post(form, fields)
    assert answer.status_code == 303 and Mailbox.objects.get(local="backstube").domain.name == "xn--trtchen-90a.test"


def test_an_out_of_office_note_from_its_beginning_to_its_end(house: House) -> None:
    client = owner(house)
    assert "Nobody is answered automatically." in client.get(BOX).content.decode()
    typed = {
        "active": "on",
        "subject": "Nicht da",
        "text": "Grüße\r\n<b>vom</b> Strand",
        "first": "2020-12-24",
        "last": "2020-12-01",
    }
    answer = client.post(f"{BOX}vacation", typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and "The last day comes before the first." in page
    assert (
        'value="2020-12-24"' in page
        and "&lt;b&gt;vom&lt;/b&gt; Strand</textarea>" in page
        and 'aria-invalid="true"' in page
    )
    answer = client.post(f"{BOX}vacation", typed | {"last": "2999-01-06"})
    assert answer.status_code == 303
    done = client.get(answer.headers["location"]).content.decode()
    assert (
        "The out-of-office note was changed." in done
        and "until 6 Jan 2999" in done
        and "&lt;b&gt;vom&lt;/b&gt; Strand" in done
    )
    assert "until 6 Jan 2999" in client.get(MAIL).content.decode()
    User.objects.update(language="de")
    german = client.get(MAIL).content.decode()
    User.objects.update(language="en")
    assert "Abwesend" in german and "bis 06.01.2999" in german
    form = client.get(f"{BOX}vacation").content.decode()
    assert "(optional)" not in form and 'type="date"' in form and 'value="2999-01-06"' in form and "checked" in form
    client.post(f"{BOX}vacation", {key: value for key, value in typed.items() if key not in ("active", "last")})
    assert "Nobody is answered automatically." in client.get(BOX).content.decode()
    row = Mailbox.objects.get(local="info", domain__name=ASCII)
    assert (row.vacation_on, row.vacation_text, row.vacation_last) == (False, "Grüße\n<b>vom</b> Strand", None)


def test_a_changed_note_is_taken_back_whole(house: House) -> None:
    note = {"active": "on", "subject": "Nicht da", "text": "Bin am Meer", "first": "", "last": "2999-01-06"}
    client = owner(house)
    client.post(f"{BOX}vacation", note)
    done = client.post(f"{BOX}vacation", {**note, "text": "Bin im Gebirge", "last": ""}).headers["location"]
    undo = client.get(done).content.decode().split('action="/undo/')[1].split('"')[0]
    assert client.post(f"/undo/{undo}", {"next": BOX}).status_code == 303
    row = Mailbox.objects.get(local="info", domain__name=ASCII)
    assert (row.vacation_on, row.vacation_text, str(row.vacation_last)) == (True, "Bin am Meer", "2999-01-06")
    long = client.post(f"{BOX}vacation", {**note, "text": "x" * 4_000}).headers["location"]
    after = client.post(f"{BOX}vacation", note).headers["location"]
    assert 'action="/undo/' in client.get(long).content.decode(), "its beginning was short"
    assert 'action="/undo/' not in client.get(after).content.decode() and len(after) < 2_000


def test_where_no_copy_is_kept_the_form_says_that_nothing_is_answered(house: House) -> None:
    house.run("mail.forward_mailbox", mailbox=f"info@{DOMAIN}", to="a@example.org", keep_copy="no")
    assert "forwards without keeping a copy" in owner(house).get(f"{BOX}vacation").content.decode()


def test_what_was_typed_wrong_stays_with_the_error_beside_it(house: House) -> None:
    typed = {"name": "grüße", "password": "kurz", "quota_mb": "viel", "title": "Grüße"}
    answer = owner(house).post(f"{MAIL}add", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="grüße"' in page and 'value="viel"' in page and "kurz" not in page
    assert "there can be no umlauts" in page and 'aria-invalid="true"' in page


def test_what_is_posted_names_no_other_object(house: House) -> None:
    """The address says which: a field of that name counts for nothing."""
    client = owner(house)
    client.post(f"{BOX}change", {"quota_mb": "77", "mailbox": "info@gärtnerei-grün.test"})
    assert Mailbox.objects.get(local="info", domain__name=ASCII).quota_mb == 77
    assert Mailbox.objects.exclude(domain__name=ASCII).filter(quota_mb=77).count() == 0


def test_forwards_catch_all_and_switch(house: House) -> None:
    client = owner(house)
    client.post(f"{MAIL}addresses/forward", {"name": "alle", "to": f"info@{DOMAIN}"})
    client.post(f"{MAIL}addresses/alle/change", {"to": "x@example.org"})
    assert Address.objects.get(local="alle").targets == ["x@example.org"]
    answer = client.post(f"{MAIL}addresses/alle/remove")
    assert not Address.objects.filter(local="alle").exists()
    done = client.get(answer.headers["location"]).content.decode()
    undo = done.split('action="/undo/')[1].split('"')[0]
    client.post(f"/undo/{undo}", {"next": MAIL})
    assert Address.objects.get(local="alle").targets == ["x@example.org"]
    client.post(f"{MAIL}catch-all", {"name": "info"})
    client.post(f"{MAIL}switch", {})
    settings = MailDomain.objects.get(domain__name=ASCII)
    assert settings.catch_all and not settings.active
    assert f"goes to info@{DOMAIN}" in client.get(MAIL).content.decode()


def test_a_suspended_subscription_is_shown_and_not_changed(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    client = owner(house)
    assert b"is suspended" in client.get(MAIL).content
    answer = client.post(f"{BOX}change", {"quota_mb": "100"})
    assert answer.status_code == 422 and b"is suspended" in answer.content


def test_used_space_is_drawn_as_the_node_measured_it(house: House) -> None:
    all_live(kind="mail.mailbox", key=f"info@{ASCII}")
    report = ObjectReport.objects.filter(target__key=f"info@{ASCII}")
    report.update(findings={"bytes": 4_000 * 1024 * 1024})
    assert "80 %" in owner(house).get(MAIL).content.decode().replace("\xa0", " ")


def questions(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(page).status_code == 200
    return len(asked)


def test_a_longer_list_asks_no_more(house: House) -> None:
    client = owner(house)
    pages = [MAIL, f"{MAIL}addresses/", f"/subscriptions/{house.mine}/mail/"]
    before = [questions(client, page) for page in pages]
    boxes = list(Mailbox.objects.filter(domain__name=ASCII))
    domain = boxes[0].domain
    made = [
        Mailbox(domain=domain, local=f"b{nth}", folder=f"b{nth}.1", hash="", quota_mb=1, created=boxes[0].created)
        for nth in range(30)
    ]
    Mailbox.objects.bulk_create(made)
    Address.objects.bulk_create(Address(domain=domain, local=f"a{nth}", mailbox=made[nth]) for nth in range(30))
    assert [questions(client, page) for page in pages] == before
