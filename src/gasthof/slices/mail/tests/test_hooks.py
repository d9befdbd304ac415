"""What mail tells other slices: records, usage, health."""

import json
from typing import Any

import pytest
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

from gasthof.slices.domains.models import Domain
from gasthof.slices.mail.capability import CAPABILITY
from gasthof.slices.mail.tests.test_verbs import ASCII, NAME, PASSWORD
from gasthof.slices.nodes.models import DesiredObject, Node, ObjectReport
from gasthof.slices.subscriptions.models import Subscription

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


def settled() -> House:
    house = settle()
    Node.objects.update(host="server.gasthof.test", ipv4="192.0.2.1", ipv6="2001:db8::1")
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    return house


furnished_once, house = made_once(settled)


def records(name: str = ASCII) -> set[tuple[str, str, str]]:
    assert CAPABILITY.dns_records
    domain = Domain.objects.select_related("subscription__node").get(name=name)
    return {(each.name, each.type, each.contents[0]) for each in CAPABILITY.dns_records(domain)}


def served(kind: str, name: str = ASCII) -> list[list[str]]:
    zone = json.loads(desired("dns.zone")[ASCII])
    return [each["contents"] for each in zone["records"] if (each["name"], each["type"]) == (name, kind)]


def test_records_that_mail_wants(house: House) -> None:
    assert records() == {
        (ASCII, "MX", f"10 mail.{ASCII}."), (ASCII, "TXT", '"v=spf1 a mx -all"'),
        (f"mail.{ASCII}", "A", "192.0.2.1"), (f"mail.{ASCII}", "AAAA", "2001:db8::1"),
        (f"webmail.{ASCII}", "A", "192.0.2.1"), (f"webmail.{ASCII}", "AAAA", "2001:db8::1"),
    }  # fmt: skip
    Node.objects.update(ipv6="")
    assert {kind for _, kind, _ in records()} == {"MX", "TXT", "A"}


def test_the_zone_follows_the_switch(house: House) -> None:
    assert served("MX") == [[f"10 mail.{ASCII}."]] and served("TXT") == [['"v=spf1 a mx -all"']]
    house.run("mail.switch", house.baker, domain=NAME, active="no")
    assert served("MX") == served("TXT") == served("A", f"mail.{ASCII}") == [] and records() == set()
    house.run("mail.switch", house.baker, domain=NAME, active="yes")
    assert served("MX") == [[f"10 mail.{ASCII}."]]


def report(kind: str, key: str, **fields: Any) -> None:
    target = DesiredObject.objects.get(kind=kind, key=key)
    found = {"state": "live", "words": "", **fields}
    now = Node.objects.get(pk=target.node_id).created
    ObjectReport.objects.update_or_create(target=target, defaults={"revision": target.revision, "at": now, **found})


def add(house: House, name: str, quota_mb: int) -> str:
    house.run("mail.add_mailbox", house.baker, domain=NAME, name=name, password=PASSWORD, quota_mb=quota_mb)
    return f"{name}@{ASCII}"


def test_usage_and_health_by_what_the_node_measured(house: House) -> None:
    assert CAPABILITY.usage and CAPABILITY.health
    subscription = Subscription.objects.get(number=int(house.mine[1:]))
    info, anna = add(house, "info", 10), add(house, "anna", 1)
    assert CAPABILITY.usage(subscription) == {"mail": 0} and list(CAPABILITY.health(subscription)) == []
    report("mail.mailbox", info, findings={"bytes": 9_000_000})
    report("mail.mailbox", anna, findings={"bytes": 1_040_000})
    assert CAPABILITY.usage(subscription) == {"mail": 10_040_000}
    assert list(CAPABILITY.health(subscription)) == [f"anna@{NAME} is nearly full."]
    report("mail.domain", ASCII, state="failed", words="disk full")
    assert list(CAPABILITY.health(subscription)) == [f"{NAME}: disk full", f"anna@{NAME} is nearly full."]
