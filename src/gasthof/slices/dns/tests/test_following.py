"""A machine gets another name or other addresses: all zones say so, and what customers changed stays theirs."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from tests.house import OPERATOR, House, desired, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.domains import jobs
from gasthof.slices.domains.models import Domain
from gasthof.slices.nodes.models import DesiredObject, Node
from gasthof.slices.nodes.registration import Address, register
from gasthof.slices.subscriptions.models import Plan

pytestmark = pytest.mark.django_db
NAME, ASCII = "grüße-aus-köln.test", "xn--gre-aus-kln-w6a02arc.test"
OLD = Address("server.gasthof.test", "127.0.0.1", "::1")
NEW = Address("wirt.gästehaus.test", "192.0.2.1", "2001:db8::1")
HOST = "wirt.xn--gstehaus-0za.test"


@pytest.fixture
def house(db: None) -> House:
    return furnished()


def furnished() -> House:
    house = settle()
    Plan.objects.update(domains=100)
    house.run("domains.add", house.baker, subscription=house.mine, name=NAME)
    house.run("domains.add", house.gardener, subscription=house.other, name="gärtnerei-grün.test")
    return house


def move(address: Address = NEW, name: str = "local") -> None:
    register(name, 2_000_000, SystemClock().now(), address)


def follow() -> None:
    jobs.follow(0)


def told(name: str = ASCII) -> Any:
    return json.loads(desired("dns.zone")[name])


def sets(name: str = ASCII) -> dict[tuple[str, str], list[str]]:
    return {(each["name"], each["type"]): each["contents"] for each in told(name)["records"]}


def says_old() -> set[str]:
    return {name for name, spec in desired("dns.zone").items() if OLD.host in spec or '"127.0.0.1"' in spec}


def test_all_zones_say_the_new_name_and_addresses(house: House) -> None:
    before = told()
    move()
    assert says_old() == set(desired("dns.zone"))
    follow()
    assert says_old() == set()
    now = told()
    assert now["serial"] > before["serial"]
    assert (now["primary"], now["contact"]) == (f"ns1.{HOST}", f"hostmaster.{HOST}")
    assert sets()[ASCII, "NS"] == [f"ns1.{HOST}.", f"ns2.{HOST}."]
    for name in (ASCII, f"www.{ASCII}", f"mail.{ASCII}", f"webmail.{ASCII}", f"ftp.{ASCII}"):
        assert (sets()[name, "A"], sets()[name, "AAAA"]) == (["192.0.2.1"], ["2001:db8::1"])
    assert sets()[ASCII, "MX"] == [f"10 mail.{ASCII}."]


def test_an_address_that_goes_takes_its_records_along(house: House) -> None:
    move(Address(OLD.host, "192.0.2.1", ""))
    follow()
    assert {kind for _, kind in sets()} == {"A", "MX", "NS", "TXT"} and sets()[ASCII, "A"] == ["192.0.2.1"]


def test_what_customers_changed_stays(house: House) -> None:
    own = {"domain": NAME, "ttl": 300}
    house.run("dns.set_records", house.baker, name="www", type="A", contents="198.51.100.7", **own)
    house.run("dns.add_record", house.baker, name="ftp", type="A", content="198.51.100.8", **own)
    house.run("dns.set_records", house.baker, name="büro", type="TXT", contents="127.0.0.1", **own)
    house.run("dns.switch_default", house.baker, domain=NAME, name="webmail", type="AAAA", on=False)
    history = house.run("dns.history", house.baker, domain=NAME).result
    move()
    follow()
    assert sets()[f"www.{ASCII}", "A"] == ["198.51.100.7"] and sets()[f"www.{ASCII}", "AAAA"] == ["2001:db8::1"]
    assert sets()[f"ftp.{ASCII}", "A"] == ["127.0.0.1", "198.51.100.8"]
    assert sets()[f"xn--bro-hoa.{ASCII}", "TXT"] == ['"127.0.0.1"']
    assert (f"webmail.{ASCII}", "AAAA") not in sets() and sets()[f"webmail.{ASCII}", "A"] == ["192.0.2.1"]
    assert house.run("dns.history", house.baker, domain=NAME).result == history


def test_what_names_no_machine_is_not_told_anew(house: House) -> None:
    house.run("dns.set_records", house.baker, domain=NAME, name="@", type="A", contents="198.51.100.7")
    before = dict(DesiredObject.objects.exclude(kind="dns.zone").values_list("key", "revision"))
    move()
    follow()
    assert dict(DesiredObject.objects.exclude(kind="dns.zone").values_list("key", "revision")) == before
    serials = {name: told(name)["serial"] for name in desired("dns.zone")}
    move()
    Domain.objects.update(followed=0)
    follow()
    assert {name: told(name)["serial"] for name in desired("dns.zone")} == serials


def test_the_same_again_is_no_move(house: House) -> None:
    before = Node.objects.get().moved
    move(OLD)
    assert Node.objects.get().moved == before
    assert house.run("domains.follow").result == {"domains": 0, "more": False}


def test_zones_before_the_first_upgrade_follow_once(house: House) -> None:
    """As the migration leaves them: an older release may have missed a move."""
    Node.objects.update(host=HOST, moved=1)
    Domain.objects.update(followed=0)
    follow()
    assert says_old() == set(desired("dns.zone")) and f"ns1.{HOST}" in desired("dns.zone")[ASCII]


def test_suspended_zones_follow_too(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    move()
    follow()
    assert says_old() == set()


def test_names_in_zones_of_another_machine_follow(house: House) -> None:
    """The baker has a second subscription elsewhere, with a domain below the first one's."""
    register("zweiter", 3_000_000, SystemClock().now(), Address("zwei.gasthof.test", "192.0.2.22", ""))
    customer = house.baker.customer
    second = perform(
        OPERATOR, "subscriptions.create", {"customer": customer, "plan": "Standard", "node": "zweiter"}
    ).result["subscription"]
    house.run("domains.add", house.baker, subscription=second, name=f"läden.{NAME}")
    house.run("domains.add", house.baker, subscription=second, name="anders.test")
    house.run("web.add_alias", house.baker, domain="anders.test", name=f"alias.{NAME}")
    child = f"xn--lden-loa.{ASCII}"
    assert sets()[child, "NS"] == ["ns1.zwei.gasthof.test.", "ns2.zwei.gasthof.test."]
    assert sets()[f"alias.{ASCII}", "A"] == ["192.0.2.22"]
    register("zweiter", 3_000_000, SystemClock().now(), Address("drei.gasthof.test", "192.0.2.33", ""))
    follow()
    assert sets()[child, "NS"] == ["ns1.drei.gasthof.test.", "ns2.drei.gasthof.test."]
    assert sets()[f"alias.{ASCII}", "A"] == ["192.0.2.33"] and sets()[ASCII, "A"] == ["127.0.0.1"]


def test_a_zone_above_a_machine_hands_its_name_over(house: House) -> None:
    """With the addresses of its name servers: they lie below it."""
    house.run("domains.add", OPERATOR, subscription=house.mine, name="gästehaus.test")
    own = "xn--gstehaus-0za.test"
    assert not [name for name, _ in sets(own) if name.endswith(HOST)]
    move()
    follow()
    below = {one: contents for one, contents in sets(own).items() if one[0].endswith(HOST)}
    glue = {(f"ns{n}.{HOST}", kind): [ip] for n in (1, 2) for kind, ip in (("A", NEW.ipv4), ("AAAA", NEW.ipv6))}
    assert below == {(HOST, "NS"): [f"ns1.{HOST}.", f"ns2.{HOST}."], **glue}
    move(OLD)
    follow()
    assert not [name for name, _ in sets(own) if name.endswith(HOST)]


def test_portions_are_transactions_of_their_own(house: House) -> None:
    for number in range(7):
        house.run("domains.add", house.baker, subscription=house.mine, name=f"käse-{number}.test")
    move()
    left = []
    while (done := house.run("domains.follow", SYSTEM, most=4)).result["more"]:
        left.append((done.result["domains"], len(says_old())))
    assert left == [(4, 5), (4, 1)] and says_old() == set()


def in_a_child(work: Callable[[], None]) -> int:
    """Its exit code, negative for the signal that ended it."""
    connection.close()
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_goes_on_where_it_was(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    house = furnished()
    for number in range(10):
        house.run("domains.add", house.baker, subscription=house.mine, name=f"käse-{number}.test")
    move()
    monkeypatch.setattr("gasthof.slices.domains.actions.follow.__kwdefaults__", {"most": 3})

    def killed_at(at: int) -> None:
        """Before the commit of a portion: its zones are told within the transaction, and lost with it."""
        from gasthof.kernel.call import Call

        real, count = Call.finish, 0

        def finish(call: Call) -> None:
            nonlocal count
            real(call)
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)

        Call.finish = finish  # type: ignore[method-assign]
        follow()

    for left in (12, 9, 6, 3):
        assert len(says_old()) == left
        assert in_a_child(lambda: killed_at(2)) == (-signal.SIGKILL if left > 3 else 0)
    assert says_old() == set()
    serials = [told(name)["serial"] for name in desired("dns.zone")]
    assert len(set(serials)) == 1, "each was told once"
