"""Pages of zones: who sees what, forms for each type, the switch of DNSSEC, history and the way back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.habits.examples import DOMAIN
from tests.habits.furnished import furnished_once, house
from tests.house import House, all_live
from tests.readers import ASCII, anonymous, member, operator, owner, stranger

from gasthof.slices.dns import forms
from gasthof.slices.dns.models import Change, RecordSet, Zone
from gasthof.slices.dns.rules import contents
from gasthof.slices.nodes.models import ObjectReport

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("kind", "words"), [("SRV", "_sip._tcp"), ("TLSA", "_443._tcp.www"), ("A", "such as www")])
def test_the_form_says_how_names_of_that_type_are_made(house: House, kind: str, words: str) -> None:
    assert words in owner(house).get(f"/domains/{ASCII}/dns/add/{kind}").content.decode()


DNS = f"/domains/{ASCII}/dns/"
ONE = "?name=b%C3%BCro&type=TXT&content=Gr%C3%BC%C3%9Fe"
READING = [DNS, f"{DNS}dnssec", f"{DNS}history"]
WRITING = [f"{DNS}add", f"{DNS}add/MX", f"{DNS}change{ONE}", f"{DNS}remove{ONE}", f"{DNS}history/0/restore"]
HEX = "ab" * 32
TYPED = {
    "A": ({"address": "192.0.2.7"}, "192.0.2.7"),
    "AAAA": ({"address": "2001:DB8::7"}, "2001:db8::7"),
    "CNAME": ({"target": "www.büro.example"}, "www.xn--bro-hoa.example."),
    "ALIAS": ({"target": "example.net"}, "example.net."),
    "MX": ({"priority": "20", "target": "mail.example.net"}, "20 mail.example.net."),
    "TXT": ({"text": 'Grüße "an" alle'}, None),
    "SRV": ({"priority": "1", "weight": "2", "port": "5060", "target": "sip.example.net"}, "1 2 5060 sip.example.net."),
    "CAA": ({"flags": "0", "tag": "issue", "value": "letsencrypt.org"}, '0 issue "letsencrypt.org"'),
    "NS": ({"target": "ns1.example.net"}, "ns1.example.net."),
    "PTR": ({"target": "host.example.net"}, "host.example.net."),
    "TLSA": ({"usage": "3", "selector": "1", "matching": "1", "data": HEX}, f"3 1 1 {HEX}"),
    "SSHFP": ({"algorithm": "4", "kind": "2", "data": HEX}, f"4 2 {HEX}"),
    "NAPTR": (
        {"order": "100", "preference": "10", "flags": "S", "service": "SIP+D2U", "expression": "", "target": "_sip._udp.example.net"},
        '100 10 "S" "SIP+D2U" "" _sip._udp.example.net.',
    ),
    "HTTPS": ({"priority": "1", "target": ".", "parameters": "alpn=h2,h3"}, "1 . alpn=h2,h3"),
    "SVCB": ({"priority": "0", "target": "svc.example.net", "parameters": ""}, "0 svc.example.net."),
    "DS": ({"tag": "12345", "algorithm": "13", "kind": "2", "data": HEX}, f"12345 13 2 {HEX}"),
}  # fmt: skip


def test_every_page_for_everybody(house: House) -> None:
    mine, theirs, other = owner(house), operator(), stranger(house)
    reader = member(house.baker.customer, "webmaster", domain=ASCII)
    for page in [*READING, *WRITING]:
        assert mine.get(page).status_code == theirs.get(page).status_code == 200, page
        assert other.get(page).status_code == 404, page
        assert anonymous().get(page).status_code == 302, page
        assert reader.get(page).status_code == (200 if page in READING else 403), page
    assert reader.post(f"{DNS}dnssec", {"on": "on"}).status_code == 403
    assert reader.post(f"{DNS}default", {"name": "@", "type": "MX", "on": "no"}).status_code == 403
    assert other.post(f"{DNS}default", {"name": "@", "type": "MX", "on": "no"}).status_code == 404
    assert member(house.baker.customer, "webmaster", domain="other.test").get(DNS).status_code == 404
    assert mine.get(f"{DNS}add/BOGUS").status_code == mine.get(f"{DNS}history/999999/restore").status_code == 404


def test_every_type_has_its_form() -> None:
    assert set(forms.TYPES) == set(forms.PARTS) == set(TYPED) == set(contents.TYPES)


@pytest.mark.parametrize("kind", TYPED)
def test_a_record_is_added_changed_and_removed(house: House, kind: str) -> None:
    client = owner(house)
    typed, settled = TYPED[kind]
    name = "_sip._tcp" if kind in ("SRV", "TLSA") else "neu"
    if kind == "DS":
        client.post(f"{DNS}add/NS", {"name": name, "target": "ns1.example.net"})
    answer = client.post(f"{DNS}add/{kind}", {"name": name, "ttl": "600", **typed})
    assert answer.status_code == 303, answer.content.decode()
    row = RecordSet.objects.get(zone__domain__name=ASCII, type=kind, name=f"{name}.{ASCII}")
    assert row.ttl == 600 and (settled is None or row.contents == [settled])
    line = contents.shown(kind, row.contents[0])
    assert forms.joined(kind, forms.split(kind, line)) == line
    named = {"name": name, "type": kind, "content": line}
    answer = client.post(f"{DNS}change", {**typed, "ttl": "900"}, query_params=named)
    assert answer.status_code == 303, answer.content.decode()
    row.refresh_from_db()
    assert row.ttl == 900
    assert client.post(f"{DNS}remove", query_params=named).status_code == 303
    assert not RecordSet.objects.filter(pk=row.pk).exists()


def test_what_was_typed_wrong_stays_with_the_error_beside_it(house: House) -> None:
    answer = owner(house).post(f"{DNS}add/MX", {"name": "grüße", "priority": "zehn", "target": "mäil", "ttl": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(f'value="{typed}"' in page for typed in ("grüße", "zehn", "mäil", "1")) and 'aria-invalid="true"' in page
    both = owner(house).post(f"{DNS}add/A", {"name": "a b", "address": "192.0.2.300", "ttl": "3600"}).content.decode()
    assert both.count('aria-invalid="true"') == 2, "each wrong field at once"


def test_a_dangling_target_is_warned_of_and_done(house: House) -> None:
    client = owner(house)
    answer = client.post(f"{DNS}add/CNAME", {"name": "shop", "target": f"fehlt.{DOMAIN}"})
    assert answer.status_code == 303
    assert "has no records in this zone" in client.get(answer.headers["location"]).content.decode()
    assert RecordSet.objects.filter(type="CNAME").exists()


def test_defaults_go_and_come_back(house: House) -> None:
    client = owner(house)
    client.post(f"{DNS}default", {"name": "@", "type": "MX", "on": "no"})
    assert RecordSet.objects.get(type="MX").contents == []
    assert "switched off" in client.get(DNS).content.decode()
    client.post(f"{DNS}default", {"name": "@", "type": "MX", "on": "yes"})
    assert not RecordSet.objects.filter(type="MX").exists()
    refused = client.post(f"{DNS}default", {"name": "@", "type": "NS", "on": "no"})
    assert refused.status_code == 422 and b"without name servers" in refused.content


def test_dnssec_is_switched_and_shows_what_the_registrar_needs(house: House) -> None:
    client = owner(house)
    assert client.post(f"{DNS}dnssec", {"on": "on"}).status_code == 303
    assert Zone.objects.get(domain__name=ASCII).dnssec
    all_live(kind="dns.zone", key=ASCII)
    ObjectReport.objects.filter(target__key=ASCII, target__kind="dns.zone").update(
        findings={"ds": [f"4711 13 2 {HEX}"]}
    )
    assert f"4711 13 2 {HEX}" in client.get(f"{DNS}dnssec").content.decode()


def test_history_says_who_and_leads_back(house: House) -> None:
    client = owner(house)
    point = Change.objects.filter(zone__domain__name=ASCII).latest("pk").pk
    client.post(f"{DNS}add/A", {"name": "kasse", "address": "192.0.2.9"})
    client.post(f"{DNS}change{ONE}", {"text": "Grüße aus Köln", "ttl": "3600"})
    page = client.get(f"{DNS}history").content.decode()
    assert "Jutta Öz" in page and "192.0.2.9" in page and "Grüße aus Köln" in page
    only = {"name": "büro", "type": "TXT"}
    preview = client.get(f"{DNS}history/{point}/restore", query_params=only).content.decode()
    assert "Grüße aus Köln" in preview and "192.0.2.9" not in preview
    assert client.post(f"{DNS}history/{point}/restore", query_params=only).status_code == 303
    assert RecordSet.objects.filter(type="A").exists()
    whole = client.get(f"{DNS}history/{point}/restore").content.decode()
    assert "192.0.2.9" in whole
    client.post(f"{DNS}history/{point}/restore")
    assert not RecordSet.objects.filter(type="A").exists()
    assert "Nothing would change" in client.get(f"{DNS}history/{point}/restore").content.decode()


def test_a_suspended_subscription_is_shown_and_not_changed(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    client = owner(house)
    assert b"is suspended" in client.get(DNS).content
    assert client.post(f"{DNS}add/A", {"name": "x", "address": "192.0.2.1"}).status_code == 422


def test_a_longer_zone_asks_no_more(house: House) -> None:
    client, zone = owner(house), Zone.objects.get(domain__name=ASCII)
    client.get(DNS)

    def questions(page: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        return len(asked)

    before = [questions(page) for page in READING]
    for nth in range(30):
        RecordSet.objects.create(zone=zone, name=f"n{nth}.{ASCII}", type="A", ttl=60, contents=["192.0.2.1"])
    change = Change.objects.filter(zone=zone).latest("pk")
    for _ in range(30):
        change.pk = None
        change.save(force_insert=True)
    assert [questions(page) for page in READING] == before
