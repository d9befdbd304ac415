"""Zones carried out and in: what an export holds makes the same zones anew."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

from gasthof.kernel import registry
from gasthof.kernel.actions import perform
from gasthof.kernel.call import Call
from gasthof.kernel.clock import Clocks, SystemClock
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused, Refused
from gasthof.slices.dns.models import Change, Zone
from gasthof.slices.dns.node import facts, transfer
from gasthof.slices.dns.tests.name_server import UMLAUT, NameServer, record, zone
from gasthof.slices.nodes.models import DesiredObject, ObjectReport
from gasthof.slices.subscriptions.models import Subscription
from gasthof.slices.subscriptions.spec import HomeSpec

NAME = "grüße-aus-köln.test"


def settled() -> House:
    house = settle()
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    put = {"domain": NAME, "ttl": 600}
    house.run("dns.set_records", house.baker, **put, name="büro", type="TXT", contents='eins; "zwei"\ndrei')
    house.run("dns.set_records", house.baker, **put, name="@", type="MX", contents="10 mail.größe.test")
    house.run("dns.switch_default", house.baker, domain=NAME, name="www", type="A", on="no")
    house.run("dns.switch_dnssec", house.baker, domain=NAME, on="yes")
    return house


furnished_once, house = made_once(settled)


def dns() -> Any:
    return next(each for each in registry.capabilities() if each.name == "dns")


def subscription(house: House) -> Subscription:
    return Subscription.objects.select_related("customer", "plan", "node__contact").get(number=int(house.mine[1:]))


def told() -> Any:
    return json.loads(desired("dns.zone")[UMLAUT])


def restore(house: House, settings: Any) -> None:
    call = Call(SYSTEM, Clocks(SystemClock(), SystemClock()))
    dns().restore(call, subscription(house), settings)
    call.finish()


@pytest.mark.django_db
def test_what_is_exported_comes_back_whole(house: House) -> None:
    exported, before = json.loads(json.dumps(dns().export(subscription(house)))), told()
    house.run("domains.delete", house.baker, domain=NAME)
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    assert told()["records"] != before["records"]
    restore(house, exported)
    assert told() | {"serial": 0} == before | {"serial": 0} and told()["serial"] > before["serial"]
    again = json.loads(json.dumps(dns().export(subscription(house))))
    assert again[UMLAUT] | {"serial": 0} == exported[UMLAUT] | {"serial": 0}
    history = perform(house.baker, "dns.history", {"domain": NAME}).result["changes"]
    assert [each["what"] for each in history] == ["signed", "off", "set", "set"]


@pytest.mark.django_db
def test_a_forged_export_is_checked_as_if_it_were_typed(house: House) -> None:
    exported = dns().export(subscription(house))
    good = {"name": f"a.{UMLAUT}", "type": "A", "ttl": 600, "contents": ["192.0.2.1"]}
    for wrong in ({"type": "SOA"}, {"contents": ["192.0.2.1\n$INCLUDE x"]}, {"ttl": 1}, {"name": "other.test"}, {"name": f"_a.{UMLAUT}"},
                  {"type": "CNAME", "name": UMLAUT, "contents": ["x.test."]}, {"contents": "x"}):  # fmt: skip
        settings = copy.deepcopy(exported)
        settings[UMLAUT]["records"].append(good | wrong)
        with pytest.raises(Refused):
            restore(house, settings)
    with pytest.raises(Refused):
        restore(house, {"nachbar.test": exported[UMLAUT]})


def past(**fields: object) -> dict[str, object]:
    kept = {"ttl": 600, "contents": ["192.0.2.1"]}
    good = {"at": "2026-01-01T00:00:00+00:00", "actor": "owner:1", "what": "set"}
    return good | {"name": f"a.{UMLAUT}", "type": "A", "before": None, "after": kept} | fields


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "other.test"}, {"type": "SOA"}, {"type": "NULL"}, {"what": "x"}, {"what": "y" * 300}, {"actor": "x" * 41},
        {"at": "2026-01-01T00:00:00"}, {"type": ""}, {"name": f"A.{UMLAUT}"}, {"after": None, "type": "SOA"},
        {"before": {"ttl": 600, "contents": ["192.0.2.1\n$INCLUDE x"]}}, {"after": {"ttl": 1, "contents": ["192.0.2.1"]}},
    ],
)  # fmt: skip
def test_a_forged_history_is_checked_too(house: House, wrong: dict[str, object]) -> None:
    settings = json.loads(json.dumps(dns().export(subscription(house))))
    settings[UMLAUT]["history"].append(past())
    restore(house, settings)
    settings[UMLAUT]["history"].append(past(**wrong))
    with pytest.raises(Refused):
        restore(house, settings)


@pytest.mark.django_db
def test_a_forged_zone_is_checked_as_a_whole(house: House) -> None:
    house.run("domains.add", house.gardener, subscription=house.other, name="läden.test")
    house.run("dns.set_records", house.gardener, domain="läden.test", name="@", type="ALIAS", contents="example.net")
    exported = json.loads(json.dumps(dns().export(subscription(house))))
    limit = subscription(house).plan.dns_records

    def own(kind: str, *contents: str, name: str = f"x.{UMLAUT}") -> dict[str, object]:
        return {"name": name, "type": kind, "ttl": 600, "contents": contents}

    theirs = own("ALIAS", "xn--lden-loa.test.")
    many = own("A", *(f"10.0.{number // 250}.{number % 250}" for number in range(limit + 1)))
    for wrong in (
        {"serial": 2**32}, {"serial": -1}, {"serial": 2**32 - 1}, {"records": [own("ALIAS", "example.net.")]}, {"dnssec": False, "records": [theirs]},
        {"dnssec": False, "records": [own("ALIAS", f"x.{UMLAUT}.")]}, {"records": [many]}, {"records": [own("A", "192.0.2.1")] * 2},
        {"records": [own("NS", name=UMLAUT)]},
    ):  # fmt: skip
        with pytest.raises(Refused), transaction.atomic():
            restore(house, {UMLAUT: exported[UMLAUT] | wrong})
    restore(house, exported)


@pytest.mark.django_db
def test_what_lies_in_a_history_is_checked_when_it_is_restored(house: House) -> None:
    zone_row = Zone.objects.get(domain__name=UMLAUT)
    now = SystemClock().now()
    for kind, content in (("A", "kein Server"), ("SOA", "x"), ("TXT", '"a"\n$INCLUDE /etc/passwd')):
        kept = {"ttl": 600, "contents": [content]}
        row = Change.objects.create(
            zone=zone_row, at=now, actor="x", what="set", name=f"a.{UMLAUT}", type=kind, before=None, after=kept
        )
        before = told()
        with pytest.raises(ActionRefused) as caught:
            house.run("dns.restore", house.baker, domain=NAME, change=row.pk)
        assert {error.field for error in caught.value.errors} == {"change"} and told() == before
        row.delete()


@pytest.mark.django_db
def test_the_zone_shows_what_the_node_found_and_what_it_could_not_do(house: House) -> None:
    row = DesiredObject.objects.get(kind="dns.zone", key=UMLAUT)
    found = {"serial": 2027010199, "ds": ["1 13 2 ab"]}
    report = ObjectReport.objects.create(
        target=row, revision=row.revision, state="live", words="", at=SystemClock().now(), findings=found
    )
    shown = house.run("dns.zone", house.baker, domain=NAME).result
    assert (shown["serial"], shown["ds"]) == (2027010199, ["1 13 2 ab"])
    assert dns().health(subscription(house)) == []
    report.state, report.words = "failed", "no answer"
    report.save()
    assert dns().health(subscription(house)) == [f"{NAME}: no answer"]


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    with NameServer.started() as made:
        yield made


@pytest.mark.daemons
def test_a_key_comes_back_to_a_zone_that_was_made_anew(server: NameServer) -> None:
    def ds() -> object:
        return facts.findings(server.agents[-1].machine, {UMLAUT: told})[UMLAUT]["ds"]

    told = zone(UMLAUT, record(UMLAUT, "A", "192.0.2.1"), dnssec=True)
    server.put(told)
    before, served = ds(), server.ask(UMLAUT, "DNSKEY")
    folder, home = server.prefix.root / "export", HomeSpec("s000012", 1_000_012)
    folder.mkdir(0o700)
    transfer.TRANSFER.save(server.agents[-1].machine, home, {UMLAUT: {"dnssec": True}}, folder)
    server.drop(UMLAUT)
    server.put(told)
    assert ds() != before
    server.ask(UMLAUT, "DNSKEY")
    server.agents[-1].executor.close()
    for _ in range(2):
        transfer.TRANSFER.load(server.agents[-1].machine, home, {UMLAUT: {"dnssec": True}}, folder)
        assert ds() == before and server.ask(UMLAUT, "DNSKEY") == served
    server.audit()
    assert ds() == before
    with pytest.raises(ValueError, match="no key"):
        transfer.TRANSFER.load(server.agents[-1].machine, home, {"nachbar.test": {"dnssec": True}}, folder)
