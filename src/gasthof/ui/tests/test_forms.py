"""Forms of verbs: what was typed stays, secrets do not, errors stand where they belong, twice is once."""

import re

import pytest
from django.test import Client
from tests.house import House

from gasthof.kernel.models import AuditEntry
from gasthof.slices.domains.models import Domain
from gasthof.slices.mail.models import Mailbox
from gasthof.ui.models import Submission

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
DOMAIN = "bäckerei-müller.test"


def once(client: Client, path: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', client.get(path).content.decode())
    assert found
    return found[1]


def test_a_form_takes_its_fields_from_the_verb(baker: Client, house: House) -> None:
    text = baker.get(f"/domains/{house.mine}/add").content.decode()
    assert 'name="name"' in text and 'name="subscription"' not in text
    assert "the domain, with umlauts or as xn--…" in text and 'aria-required="true"' in text
    assert 'aria-describedby="field-name_helptext"' in text and " required" not in text


def test_done_leads_on_and_tells_what_became_of_it(baker: Client, house: House) -> None:
    answer = baker.post(f"/domains/{house.mine}/add", {"name": DOMAIN, "once": "1"})
    assert answer.status_code == 303 and answer.headers["location"].startswith("/domains?done=")
    text = baker.get(answer.headers["location"]).content.decode()
    assert f"{DOMAIN} was added." in text and "On its way to the server" in text and "Undo" in text
    assert Domain.objects.count() == 1


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(baker: Client, house: House) -> None:
    answer = baker.post(
        f"/domains/{house.mine}/add", {"name": "kein <name>", "once": "1"}, headers={"accept-language": "de"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422 and not Domain.objects.exists()
    assert 'value="kein &lt;name&gt;"' in text and "Das ist kein gültiger Domainname." in text
    assert 'aria-invalid="true"' in text and 'aria-describedby="field-name_helptext field-name_error"' in text
    assert '<a href="#field-name">' in text and 'id="wrongs" tabindex="-1"' in text and "autofocus" in text
    assert "<title>Fehler: " in text


def test_a_secret_is_never_shown_again(baker: Client, house: House) -> None:
    house.run("domains.add", subscription=house.mine, name=DOMAIN)
    typed = {"name": "Grüße!", "password": "Streng-geheim 9", "quota_mb": "viel", "title": "Jörg", "once": "1"}
    answer = baker.post(f"/domains/{DOMAIN}/mailbox", typed)
    text = answer.content.decode()
    assert answer.status_code == 422 and "geheim" not in text
    assert 'value="viel"' in text and 'value="Jörg"' in text
    assert text.count('class="field-error"') >= 1


def test_what_is_empty_and_was_empty_is_not_given(baker: Client, house: House) -> None:
    house.run("domains.add", subscription=house.mine, name=DOMAIN)
    typed = {"name": "joerg", "password": "Streng-geheim 9", "quota_mb": "1 000", "title": "", "once": "1"}
    answer = baker.post(f"/domains/{DOMAIN}/mailbox", typed)
    assert answer.status_code == 303
    assert Mailbox.objects.get().quota_mb == 1000
    assert "title" not in AuditEntry.objects.latest("id").fields


def test_what_was_emptied_is_given(baker: Client, house: House) -> None:
    house.run("domains.add", subscription=house.mine, name=DOMAIN)
    typed = {"name": "post", "password": "Streng-geheim 9", "quota_mb": "", "once": "1"}
    answer = baker.post(f"/domains/{DOMAIN}/mailbox", typed)
    assert answer.status_code == 422 and "A number from" in answer.content.decode()


def test_errors_about_what_the_page_fixed_stand_on_top(baker: Client, house: House) -> None:
    answer = baker.post(f"/domains/{house.other}/add", {"name": DOMAIN, "once": "1"})
    assert answer.status_code == 422 and "<li>There is no such object.</li>" in answer.content.decode()


def test_a_stranger_gets_no_further(house: House, pages: None) -> None:
    stranger = Client(headers={"host": "localhost"})
    assert stranger.post(f"/domains/{house.mine}/add", {"name": DOMAIN, "once": "1"}).status_code == 403


def test_sent_twice_is_done_once(baker: Client, house: House) -> None:
    path = f"/domains/{house.mine}/add"
    form = {"name": DOMAIN, "once": once(baker, path)}
    first, second = baker.post(path, form), baker.post(path, form)
    assert second.status_code == 303 and first.headers["location"] == second.headers["location"]
    assert AuditEntry.objects.filter(verb="domains.add").count() == 1 == Submission.objects.count()


def test_the_same_form_with_other_contents_is_another(baker: Client, house: House) -> None:
    """Back, another name, and sent again."""
    path = f"/domains/{house.mine}/add"
    number = once(baker, path)
    for name in (DOMAIN, "törtchen.test"):
        assert baker.post(path, {"name": name, "once": number}).status_code == 303
    assert Domain.objects.count() == 2


def test_a_form_that_was_refused_may_be_sent_again(baker: Client, house: House) -> None:
    path = f"/domains/{house.mine}/add"
    number = once(baker, path)
    assert baker.post(path, {"name": "", "once": number}).status_code == 422
    assert baker.post(path, {"name": DOMAIN, "once": number}).status_code == 303


def test_what_is_remembered_tells_no_secret(baker: Client, house: House) -> None:
    house.run("domains.add", subscription=house.mine, name=DOMAIN)
    baker.post(
        f"/domains/{DOMAIN}/mailbox", {"name": "post", "password": "Streng-geheim 9", "quota_mb": "9", "once": "1"}
    )
    row = Submission.objects.get()
    assert "geheim" not in row.key + row.location and re.fullmatch("[0-9a-f]{64}", row.key)


def test_the_worst_asks_for_the_name(baker: Client, house: House) -> None:
    house.run("domains.add", subscription=house.mine, name=DOMAIN)
    path = f"/domains/{DOMAIN}/delete"
    text = baker.get(path).content.decode()
    assert f"Delete {DOMAIN}?" in text and "1 website" in text and "All that hangs on it goes." in text
    assert 'class="button danger"' in text
    assert baker.post(path, {"typed": "bäckerei", "once": "1"}).status_code == 422 and Domain.objects.exists()
    assert baker.post(path, {"once": "1"}).status_code == 422
    assert baker.post(path, {"typed": " Bäckerei-Müller.test", "once": "1"}).status_code == 303
    assert not Domain.objects.exists()


def test_many_are_shown_before_they_are_changed(baker: Client, house: House) -> None:
    names = [DOMAIN, "törtchen.test"]
    for name in names:
        house.run("domains.add", subscription=house.mine, name=name)
    preview = baker.post("/domains/delete", {"pick": names})
    text = preview.content.decode()
    assert preview.status_code == 200 and all(name in text for name in names) and Domain.objects.count() == 2
    answer = baker.post("/domains/delete", {"pick": names, "sure": "yes", "once": "1"})
    assert answer.status_code == 303 and not Domain.objects.exists()


def test_of_many_the_refused_one_is_named_and_none_is_changed(baker: Client, house: House) -> None:
    house.run("domains.add", subscription=house.mine, name=DOMAIN)
    house.run("domains.add", subscription=house.other, name="gärtnerei-grün.test")
    answer = baker.post("/domains/delete", {"pick": [DOMAIN, "gärtnerei-grün.test"], "sure": "yes", "once": "1"})
    text = answer.content.decode()
    assert answer.status_code == 422 and Domain.objects.count() == 2
    wrong = text[text.index("gärtnerei-grün.test") :]
    assert "There is no such object." in wrong and "field-error" not in text[: text.index("gärtnerei-grün.test")]


def test_nothing_picked_says_what_to_do(baker: Client) -> None:
    assert "Go back to the list" in baker.post("/domains/delete", {}).content.decode()
