"""The audit trail narrowed down: by who, what, about what and when, in pages, in the API's list and as a file."""

import csv
import io
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from tests import members
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.collection import read, select
from gasthof.kernel.models import AuditEntry
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.models import User
from gasthof.slices.accounts.trail import harmless

pytestmark = pytest.mark.django_db
NAME = "grüße-aus-köln.test"
BERLIN = ZoneInfo("Europe/Berlin")


def settled() -> House:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    house.run("web.change_site", domain="xn--gre-aus-kln-w6a02arc.test", https_redirect="yes")
    house.run("domains.add", subscription=house.other, name="gärtnerei-grün.test")
    return house


furnished_once, house = made_once(settled)


def verbs(actor: Actor = OPERATOR, **filters: str) -> list[str]:
    return [entry.verb for entry in read(actor, "audit", filters=filters, limit=200).objects]


def entry(at: datetime, **more: object) -> AuditEntry:
    fields = {
        "actor": "operator",
        "verb": "web.change_site",
        "object": "domain:1",
        "fields": {},
        "outcome": "done",
        "words": "",
    }
    return AuditEntry(**{"at": at, **fields, **more})


def test_by_verb_and_by_what_verbs_begin_with(house: House) -> None:
    assert verbs(verb="domains.add") == ["domains.add"] * 2
    assert verbs(verb="domains") == ["domains.add"] * 2
    assert verbs(verb="dom") == [] and set(verbs(verb="web")) == {"web.change_site"}


@pytest.mark.parametrize("spelling", [NAME, "Grüße-aus-KÖLN.Test", "xn--gre-aus-kln-w6a02arc.test"])
def test_about_an_object_in_any_spelling(house: House, spelling: str) -> None:
    assert verbs(object=spelling) == ["web.change_site", "domains.add"]
    assert verbs(object=house.mine) == ["domains.add"]
    assert verbs(house.gardener, object=spelling) == []


def test_by_who_by_their_name_and_in_whoevers_place(house: House) -> None:
    user = members.person(User.MEMBER, house.baker.customer, "owner")
    User.objects.filter(pk=user.pk).update(name="Jörg Groß")
    for actor in (f"user:{user.pk}", f"user:{user.pk}/token:1", f"user:{user.pk} as customer:3", f"user:{user.pk}1"):
        entry(datetime(2026, 11, 1, tzinfo=BERLIN), actor=actor, customer=house.baker.customer).save()
    assert len(verbs(who="jörg gr")) == 3 and len(verbs(who=f"user:{user.pk}")) == 3
    assert len(verbs(house.baker, who="Groß")) == 3 and verbs(house.gardener, who="Groß") == []
    assert len(verbs(who="operator")) == AuditEntry.objects.filter(actor="operator").count()
    assert verbs(who="%") == [] and verbs(who="user:_") == []


def test_from_one_day_to_another_where_the_house_is(house: House) -> None:
    AuditEntry.objects.bulk_create(
        entry(at) for at in (datetime(2020, 3, 28, 23, 59, tzinfo=BERLIN), datetime(2020, 3, 29, 0, 0, tzinfo=BERLIN),
                             datetime(2020, 3, 29, 23, 59, tzinfo=BERLIN), datetime(2020, 3, 30, 0, 0, tzinfo=BERLIN))
    )  # fmt: skip
    assert len(verbs(since="2020-03-29", until="2020-03-29")) == 2, "a day of 23 hours"
    assert len(verbs(until="2020-03-28")) == 1 and len(verbs(since="2020-03-30", until="2020-12-31")) == 1


@pytest.mark.parametrize("text", ["gestern", "2026-02-30", "9999-12-31", "0001-01-01", "2026-1-1", "\u0663", "x" * 101])
def test_no_day_is_refused_beside_its_field(house: House, text: str) -> None:
    with pytest.raises(ActionRefused) as refused:
        select(OPERATOR, "audit", filters={"since": text, "until": text})
    assert [error.field for error in refused.value.errors] == ["since", "until"]
    page = members.text(members.operator().get("/audit", {"since": text}))
    assert 'id="narrow-since_error"' in page and "domains.add" in page


def test_the_page_keeps_what_it_is_narrowed_by(house: House) -> None:
    AuditEntry.objects.bulk_create(entry(datetime(2026, 11, 1, tzinfo=BERLIN), verb="mail.switch") for _ in range(60))
    operator = members.operator()
    page = members.text(operator.get("/audit", {"verb": "mail", "object": "", "since": "2026-10-01"}))
    onward = page.split('class="pages"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert "verb=mail" in onward and "since=2026-10-01" in onward and "after=" in onward
    second = members.text(operator.get("/audit" + onward))
    assert (
        second.count('<th scope="row">') == 10
        and 'value="2026-10-01"' in second
        and '<option value="mail" selected>' in second
    )
    assert "audit.csv?verb=mail&amp;since=2026-10-01" in second
    nothing = members.text(operator.get("/audit", {"object": "nirgends.test"}))
    assert "Nothing was found" in nothing and 'value="nirgends.test"' in nothing


def test_each_reads_what_is_theirs(house: House) -> None:
    owner, baker, gardener = members.owner(house.baker), house.baker.customer, house.gardener.customer
    assert owner.get("/audit.csv").status_code == 403
    assert owner.get(f"/customers/{gardener}/audit.csv").status_code == 404
    rows = table(owner, f"/customers/{baker}/audit.csv")
    assert {row[3] for row in rows[1:]} >= {"domains.add", "web.change_site"} and "gärtnerei" not in str(rows)
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=baker, reseller=number)
    reseller = members.client_of(members.person(User.RESELLER, number))
    assert "gärtnerei" not in str(table(reseller, "/audit.csv")) and NAME in str(table(reseller, "/audit.csv"))


def table(client: Client, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/csv; charset=utf-8" and answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_file_holds_what_the_list_is_narrowed_to_and_no_more_than_so_much(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 11, 1, 12, 0, tzinfo=BERLIN)
    AuditEntry.objects.bulk_create(entry(at, verb="mail.switch", fields={"name": f"n{nth}"}) for nth in range(450))
    operator = members.operator()
    found = table(operator, "/audit.csv?verb=mail")
    assert len(found) == 451 and found[1][6] == "name=n449" and found[-1][6] == "name=n0"
    assert found[1][1] == "2026-11-01T12:00:00+01:00"
    monkeypatch.setattr("gasthof.slices.accounts.trail.MOST_EXPORTED", 250)
    assert len(table(operator, "/audit.csv?verb=mail")) == 251


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(house: House, cell: str) -> None:
    assert harmless(cell) == f"'{cell}" and harmless(f"x{cell}") == f"x{cell}"
    entry(datetime(2026, 11, 1, tzinfo=BERLIN), verb="mail.switch", words=cell, actor=cell).save()
    row = table(members.operator(), "/audit.csv?verb=mail.switch")[1]
    assert row[7] == f"'{cell}" and row[2] == f"'{cell}"


def test_the_apis_list_takes_the_same(house: House) -> None:
    user = members.person(User.OPERATOR)
    secret = perform(OPERATOR, "access.create_token", {"user": user.pk, "name": "t"}).result["secret"]
    client = Client(headers={"authorization": f"Bearer {secret}"})
    found = client.get("/api/v1/audit", {"verb": "domains", "object": NAME}).json()
    assert [item["verb"] for item in found["items"]] == ["domains.add"]
    entry(datetime(2026, 11, 1, tzinfo=BERLIN), actor=f"user:{user.pk}").save()
    assert len(client.get("/api/v1/audit", {"who": "jörg"}).json()["items"]) == 1
    wrong = client.get("/api/v1/audit", {"since": "gestern"})
    assert wrong.status_code == 422 and "since" in wrong.content.decode()
    assert client.get("/api/v1/domains", {"since": "2026-01-01"}).status_code == 422


def test_at_100_000_entries_each_way_of_looking_is_instant(house: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_auditentry (at, actor, customer, verb, object, fields, outcome, words)"
            " SELECT now() - (100000 - n) * interval '1 minute', 'user:' || n % 500, 90000 + n % 1000, (ARRAY['mail.add_mailbox', 'dns.set_records', 'web.change_site'])[1 + n % 3],"
            " 'domain:' || n % 20000, jsonb_build_object('domain', 'd' || n % 20000 || '.test'), 'done', '' FROM generate_series(1, 100000) n"
        )
        cursor.execute("ANALYZE kernel_auditentry")
    old = (datetime.now(BERLIN) - timedelta(days=60)).date().isoformat()
    for filters in ({"verb": "domains.add"}, {"verb": "mail"}, {"object": "d77.test"}, {"who": "user:77"}, {"who": "nobody"}, {"until": old},
                    {"since": old, "until": old}, {"verb": "dns", "object": "d77.test", "who": "user:77"}):  # fmt: skip
        took = []
        for _ in range(3):
            begin = time.perf_counter()
            read(OPERATOR, "audit", filters=filters)
            took.append(time.perf_counter() - begin)
        assert min(took) < 0.25, (filters, took)
