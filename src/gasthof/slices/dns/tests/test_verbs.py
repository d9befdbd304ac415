"""What zones' verbs do to tables and to what the node is told."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from tests.habits.furnished import made_once
from tests.house import House, desired, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import Clocks, FixedClock
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.dns.actions.records import Type
from gasthof.slices.dns.models import Change, RecordSet, Zone
from gasthof.slices.dns.rules import contents
from gasthof.slices.nodes.models import DesiredObject

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
NAME = "grüße-aus-köln.test"
ASCII = "xn--gre-aus-kln-w6a02arc.test"
NOW = datetime(2027, 3, 4, 5, 6, tzinfo=UTC)


def settled() -> House:
    house = settle()
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    return house


furnished_once, house = made_once(settled)


def told(name: str = ASCII) -> Any:
    return json.loads(desired("dns.zone")[name])


def sets(name: str = ASCII) -> dict[tuple[str, str], list[str]]:
    return {(each["name"], each["type"]): each["contents"] for each in told(name)["records"]}


def change(house: House, verb: str, **fields: object) -> Any:
    return house.run(f"dns.{verb}", house.baker, **{"domain": NAME} | fields).result


def put(house: House, name: str, kind: str, *records: str, **fields: object) -> Any:
    return change(house, "set_records", name=name, type=kind, contents="\n".join(records), **fields)


def refused(house: House, verb: str, **fields: object) -> dict[str, str]:
    with pytest.raises(ActionRefused) as caught:
        change(house, verb, **fields)
    return {error.field: error.message for error in caught.value.errors}


def test_a_domain_has_a_zone_at_once(house: House) -> None:
    zone = told()
    assert (zone["name"], zone["subscription"], zone["dnssec"]) == (ASCII, house.mine, False)
    assert zone["primary"] == "ns1.server.gasthof.test" and zone["contact"] == "hostmaster.server.gasthof.test"
    assert sets()[ASCII, "NS"] == ["ns1.server.gasthof.test.", "ns2.server.gasthof.test."]


def test_websites_have_their_addresses_in_it(house: House) -> None:
    assert sets()[ASCII, "A"] == sets()[f"www.{ASCII}", "A"] == ["127.0.0.1"]
    assert sets()[ASCII, "AAAA"] == ["::1"]
    house.run("web.add_alias", house.baker, domain=NAME, name=f"läden.{NAME}")
    assert sets()[f"xn--lden-loa.{ASCII}", "A"] == ["127.0.0.1"]
    house.run("web.remove_alias", house.baker, domain=NAME, name=f"läden.{NAME}")
    assert (f"xn--lden-loa.{ASCII}", "A") not in sets()


def test_the_fields_offer_every_type_that_has_a_grammar() -> None:
    assert get_args(get_args(Type)[0]) == contents.TYPES


def test_records_are_set_with_u_labels_and_told_with_a_labels(house: House) -> None:
    shown = put(house, "büro", "MX", f"20 post.{NAME}", "10 mail.example.net.")
    assert sets()[f"xn--bro-hoa.{ASCII}", "MX"] == [f"20 post.{ASCII}.", "10 mail.example.net."]
    assert shown["changed"][0]["name"] == "büro"
    assert shown["changed"][0]["contents"] == [f"20 post.{NAME}", "10 mail.example.net"]
    assert shown["warnings"] == [
        f"The MX record of büro.{NAME} points to post.{NAME}, which has no records in this zone."
    ]


def test_own_records_stand_in_for_the_default_until_they_go(house: House) -> None:
    put(house, "@", "A", "192.0.2.7", ttl=60)
    assert sets()[ASCII, "A"] == ["192.0.2.7"]
    change(house, "remove_records", name="", type="A")
    assert sets()[ASCII, "A"] == ["127.0.0.1"]


def test_a_default_is_switched_off_and_on(house: House) -> None:
    change(house, "switch_default", name="www", type="AAAA", on=False)
    assert (f"www.{ASCII}", "AAAA") not in sets() and (f"www.{ASCII}", "A") in sets()
    state = {(each["name"], each["type"]): each["state"] for each in change(house, "zone")["records"]}
    assert state["www", "AAAA"] == "off"
    change(house, "switch_default", name="www", type="AAAA", on=True)
    assert sets()[f"www.{ASCII}", "AAAA"] == ["::1"]
    assert "type" in refused(house, "switch_default", name="@", type="NS", on=False)
    assert "type" in refused(house, "switch_default", name="@", type="SSHFP", on=False)


def test_single_records_come_change_and_go(house: House) -> None:
    change(house, "add_record", name="@", type="A", content="192.0.2.9")
    assert sets()[ASCII, "A"] == ["127.0.0.1", "192.0.2.9"]
    change(house, "change_record", name="@", type="A", content="127.0.0.1", new="192.0.2.8")
    assert sets()[ASCII, "A"] == ["192.0.2.8", "192.0.2.9"]
    assert "content" in refused(house, "add_record", name="@", type="A", content="192.0.2.8")
    assert "content" in refused(house, "remove_record", name="@", type="A", content="192.0.2.1")
    for each in ("192.0.2.8", "192.0.2.9"):
        change(house, "remove_record", name="@", type="A", content=each)
    assert sets()[ASCII, "A"] == ["127.0.0.1"]
    change(house, "remove_record", name="@", type="A", content="127.0.0.1")
    assert (ASCII, "A") not in sets()


def test_a_cname_stands_alone_and_takes_the_defaults_away(house: House) -> None:
    put(house, "www", "CNAME", "shop.example.net")
    assert [kind for name, kind in sets() if name == f"www.{ASCII}"] == ["CNAME"]
    assert "type" in refused(house, "set_records", name="www", type="TXT", contents="x")
    assert "type" in refused(house, "set_records", name="@", type="CNAME", contents="x.example.net")
    put(house, "@", "ALIAS", "lb.example.net")
    assert {kind for name, kind in sets() if name == ASCII} & {"A", "AAAA", "ALIAS"} == {"ALIAS"}


def test_name_and_content_are_refused_together(house: House) -> None:
    wrong = {"name": "a b", "type": "A"}
    assert refused(house, "set_records", **wrong, contents="192.0.2.300").keys() == {"name", "contents"}
    assert refused(house, "add_record", **wrong, content="192.0.2.300").keys() == {"name", "content"}
    assert refused(house, "change_record", **wrong, content="x", new="y").keys() == {"name", "content", "new"}


def test_what_dns_cannot_say_is_refused_about_its_field(house: House) -> None:
    assert "contents" in refused(house, "set_records", name="@", type="A", contents="192.0.2.300")
    assert "name" in refused(house, "set_records", name="a b", type="A", contents="192.0.2.3")
    assert "name" in refused(house, "set_records", name="example.net.", type="A", contents="192.0.2.3")
    assert "ttl" in refused(house, "set_records", name="@", type="A", contents="192.0.2.3", ttl=5)
    assert "type" in refused(house, "set_records", name="_x", type="A", contents="192.0.2.3")
    assert "type" in refused(house, "set_records", name="@", type="SRV", contents="1 1 80 a.test")
    assert "type" in refused(house, "set_records", name="@", type="TXT", contents="v=spf1 -all\nv=spf1 mx -all")
    assert "type" in refused(house, "set_records", name="sub", type="DS", contents="1 13 2 " + "ab" * 32)
    assert "type" in refused(house, "set_records", name="@", type="DS", contents="1 13 2 " + "ab" * 32)


def test_a_target_is_no_cname_from_either_side(house: House) -> None:
    put(house, "post", "CNAME", "mail.example.net")
    assert "type" in refused(house, "set_records", name="@", type="MX", contents=f"10 post.{NAME}")
    put(house, "x", "MX", f"10 mx.{NAME}")
    assert "type" in refused(house, "set_records", name="mx", type="CNAME", contents="mail.example.net")


def test_below_a_delegation_only_addresses_stand(house: House) -> None:
    put(house, "ns.filiale", "A", "192.0.2.1")
    put(house, "filiale", "NS", f"ns.filiale.{NAME}")
    put(house, "filiale", "DS", "12345 13 2 " + "ab" * 32)
    assert "type" in refused(house, "set_records", name="x.filiale", type="TXT", contents="x")
    assert "type" in refused(house, "remove_records", name="filiale", type="NS")
    put(house, "laden", "TXT", "x")
    assert "type" in refused(house, "set_records", name="laden", type="NS", contents="ns.example.net")


def test_a_domain_below_has_a_zone_of_its_own_and_is_handed_over(house: House) -> None:
    put(house, "alt.blog", "TXT", "was here before")
    house.run("domains.add", house.baker, subscription=house.mine, name=f"blog.{NAME}")
    assert sets()[f"blog.{ASCII}", "NS"] == ["ns1.server.gasthof.test.", "ns2.server.gasthof.test."]
    assert {name for name, _ in sets() if name.endswith(f"blog.{ASCII}")} == {f"blog.{ASCII}"}
    assert sets(f"blog.{ASCII}")[f"www.blog.{ASCII}", "A"] == ["127.0.0.1"]
    assert "type" in refused(house, "set_records", name="neu.blog", type="A", contents="192.0.2.1")
    put(house, "blog", "DS", "12345 13 2 " + "ab" * 32)
    house.run("domains.delete", house.baker, domain=f"blog.{NAME}")
    assert sets()[f"alt.blog.{ASCII}", "TXT"] == ['"was here before"']
    assert f"blog.{ASCII}" not in desired("dns.zone") and (f"blog.{ASCII}", "DS") not in sets()


def test_serials_rise_with_each_change_and_only_then(house: House) -> None:
    first = told()["serial"]
    put(house, "a", "A", "192.0.2.1")
    second = told()["serial"]
    assert second == first + 1
    revision = DesiredObject.objects.get(kind="dns.zone", key=ASCII).revision
    put(house, "a", "A", "192.0.2.1")
    assert DesiredObject.objects.get(kind="dns.zone", key=ASCII).revision == revision
    clocks = Clocks(FixedClock(NOW), FixedClock(NOW))
    perform(house.baker, "dns.set_records", {"domain": NAME, "name": "b", "type": "A", "contents": "192.0.2.1"}, clocks)
    assert told()["serial"] == 2027030400


def test_history_says_who_changed_what_and_when(house: House) -> None:
    put(house, "läden", "TXT", "eins")
    put(house, "läden", "TXT", "zwei")
    put(house, "läden", "TXT", "zwei")
    change(house, "remove_records", name="läden", type="TXT")
    found = change(house, "history")["changes"]
    assert [(each["what"], each["who"], each["name"]) for each in found] == [
        ("removed", str(house.baker), "läden"), ("set", str(house.baker), "läden"), ("set", str(house.baker), "läden"),
    ]  # fmt: skip
    assert found[1]["before"] == {"ttl": 3600, "contents": ["eins"]} and found[1]["after"]["contents"] == ["zwei"]
    older = change(house, "history", before=found[1]["change"])["changes"]
    assert [each["change"] for each in older] == [found[2]["change"]]


def test_a_record_set_goes_back_to_any_point(house: House) -> None:
    put(house, "a", "TXT", "eins")
    point = Change.objects.latest("pk").pk
    put(house, "a", "TXT", "zwei")
    put(house, "b", "TXT", "bleibt")
    change(house, "restore", change=point, name="a", type="TXT")
    assert sets()[f"a.{ASCII}", "TXT"] == ['"eins"'] and (f"b.{ASCII}", "TXT") in sets()
    gone = change(house, "restore", change=0, name="a", type="TXT")
    assert (f"a.{ASCII}", "TXT") not in sets()
    assert (gone["changed"], gone["removed"]) == ([], [{"name": "a", "type": "TXT"}])
    assert "type" in refused(house, "restore", change=0, name="nie", type="TXT")
    assert "type" in refused(house, "restore", change=0, name="a")


def test_nothing_goes_back_to_a_change_that_the_zone_never_had(house: House) -> None:
    put(house, "läden", "TXT", "eins")
    house.run("domains.add", house.baker, subscription=house.mine, name="andere.test")
    put(house, "läden", "TXT", "zwei", domain="andere.test")
    others = Change.objects.latest("pk").pk
    for number in (others, others + 1):
        assert "change" in refused(house, "restore", change=number)
        assert "change" in refused(house, "restore", change=number, name="läden", type="TXT")
    assert sets()[f"xn--lden-loa.{ASCII}", "TXT"] == ['"eins"']


def test_a_whole_zone_goes_back_to_any_point_and_forth_again(house: House) -> None:
    states = [told()["records"]]
    put(house, "@", "A", "192.0.2.1")
    states.append(told()["records"])
    change(house, "switch_default", name="www", type="A", on=False)
    put(house, "www", "CNAME", "shop.example.net")
    change(house, "remove_records", name="@", type="A")
    last, points = told(), [0, *Change.objects.order_by("pk").values_list("pk", flat=True)]
    for number, state in enumerate(states):
        change(house, "restore", change=points[number])
        assert told()["records"] == state
    change(house, "restore", change=points[-1])
    assert told()["records"] == last["records"] and told()["serial"] > last["serial"]


def test_who_takes_the_default_spf_away_is_told(house: House) -> None:
    before = sets()[ASCII, "TXT"]
    assert put(house, "@", "TXT", "site-verification=1")["warnings"] == [
        f"The default SPF record of {NAME} is no longer served."
    ]
    change(house, "remove_records", name="@", type="TXT")
    assert change(house, "add_record", name="@", type="TXT", content="site-verification=1")["warnings"] == []
    assert sets()[ASCII, "TXT"] == [*before, '"site-verification=1"']


def test_the_plan_limits_a_customers_own_records(house: House) -> None:
    house.run("subscriptions.change_plan", plan="Standard", dns_records=3)
    put(house, "a", "TXT", "1", "2", "3")
    assert "" in refused(house, "set_records", name="b", type="TXT", contents="4")
    put(house, "a", "TXT", "1", "2")
    change(house, "switch_default", name="www", type="A", on=False)
    put(house, "b", "TXT", "4")


def test_no_alias_leads_to_an_alias_of_the_house(house: House) -> None:
    house.run("domains.add", house.gardener, subscription=house.other, name="läden.test")

    def theirs(kind: str, target: str, name: str = "@") -> None:
        house.run("dns.set_records", house.gardener, domain="läden.test", name=name, type=kind, contents=target)

    def mine(name: str, target: str, kind: str = "ALIAS") -> dict[str, str]:
        return refused(house, "set_records", name=name, type=kind, contents=target)

    assert "ALIAS" in mine("x", f"x.{NAME}")["type"] and "ALIAS" in mine("*.w", f"a.w.{NAME}")["type"]
    put(house, "x", "ALIAS", "läden.test")
    with pytest.raises(ActionRefused, match="ALIAS"):
        theirs("ALIAS", f"x.{NAME}")
    theirs("CNAME", f"x.{NAME}", "shop")
    assert "type" in mine("x", "shop.läden.test") and "type" in mine("y", f"x.{NAME}")
    put(house, "c", "CNAME", "c.läden.test")
    with pytest.raises(ActionRefused, match="itself"):
        theirs("CNAME", f"c.{NAME}", "c")
    put(house, "a.w", "A", "192.0.2.1")
    put(house, "*.w", "ALIAS", f"a.w.{NAME}")
    assert "ALIAS" in refused(house, "remove_records", name="a.w", type="A")["type"]
    assert ("a.w." + ASCII, "A") in sets() and ("y." + ASCII, "ALIAS") not in sets()


def test_a_signed_zone_has_no_alias_and_keeps_its_key_unless_told(house: House) -> None:
    put(house, "x", "ALIAS", "example.net")
    assert "on" in refused(house, "switch_dnssec", on=True)
    change(house, "remove_records", name="x", type="ALIAS")
    change(house, "switch_dnssec", on=True)
    assert told()["dnssec"] is True
    assert "type" in refused(house, "set_records", name="x", type="ALIAS", contents="example.net")
    assert "forget_key" in refused(house, "switch_dnssec", on=True, forget_key=True)
    change(house, "switch_dnssec", on=False)
    assert (told()["dnssec"], told()["forget_key"]) == (False, False)
    change(house, "switch_dnssec", on=False, forget_key=True)
    assert told()["forget_key"] is True
    whats = [each["what"] for each in change(house, "history")["changes"]]
    assert whats[:3] == ["key forgotten", "unsigned", "signed"]


def test_a_suspended_zone_is_served_and_can_only_be_read(house: House) -> None:
    put(house, "a", "TXT", "x")
    before = told()
    house.run("subscriptions.suspend", subscription=house.mine)
    assert told() == before
    assert change(house, "zone")["serial"] == before["serial"]
    assert "suspended" in refused(house, "set_records", name="a", type="TXT", contents="y")[""]


def test_a_deleted_domain_takes_its_zone_along(house: House) -> None:
    put(house, "a", "TXT", "x")
    house.run("domains.delete", house.baker, domain=NAME)
    assert desired("dns.zone") == {}
    assert (Zone.objects.count(), RecordSet.objects.count(), Change.objects.count()) == (0, 0, 0)
