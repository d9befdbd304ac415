"""Names of the house's own machines: nobody gets one, and nobody but the operator gives out what lies above."""

import pytest
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, desired, settle

from gasthof.kernel.clock import SystemClock
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.domains.models import Claim, Domain
from gasthof.slices.nodes.models import Node
from gasthof.slices.nodes.registration import Address, register

pytestmark = [pytest.mark.django_db, pytest.mark.quick]
HOST, OWN = "wirt.gästehaus.test", "gästehaus.test"
ASCII, OWN_ASCII = "wirt.xn--gstehaus-0za.test", "xn--gstehaus-0za.test"


def settled() -> House:
    house = settle()
    register("local", 2_000_000, SystemClock().now(), Address(HOST, "192.0.2.1", "2001:db8::1"))
    return house


furnished_once, house = made_once(settled)


def refused(house: House, verb: str, actor: Actor, **fields: object) -> list[str]:
    with pytest.raises(ActionRefused) as caught:
        house.run(verb, actor, **fields)
    return [error.field for error in caught.value.errors]


@pytest.mark.parametrize("name", [HOST, ASCII.upper(), f"ns1.{HOST}", f"ns2.{HOST}", f"a.b.{HOST}", f"www.{ASCII}"])
def test_a_machines_name_and_what_lies_below_is_nobodys(house: House, name: str) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="brötchen.test")
    for actor in (house.baker, OPERATOR):
        assert refused(house, "domains.add", actor, subscription=house.mine, name=name) == ["name"]
        assert refused(house, "web.add_alias", actor, domain="brötchen.test", name=name) == ["name"]


def test_what_lies_above_is_for_the_operator_to_give(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="brötchen.test")
    assert refused(house, "domains.add", house.baker, subscription=house.mine, name=OWN) == ["name"]
    assert refused(house, "web.add_alias", house.baker, domain="brötchen.test", name=OWN) == ["name"]
    house.run("domains.add", OPERATOR, subscription=house.mine, name=OWN)
    assert refused(house, "domains.add", house.baker, subscription=house.mine, name=f"ns1.{HOST}") == ["name"]
    house.run("domains.add", house.baker, subscription=house.mine, name="wirt-zwei.test")
    house.run("domains.add", house.baker, subscription=house.mine, name=f"nordwirt.{OWN}")


def test_a_machine_called_www_keeps_its_name(house: House) -> None:
    register("local", 2_000_000, SystemClock().now(), Address(f"www.{OWN}", "192.0.2.1", ""))
    house.run("domains.add", OPERATOR, subscription=house.mine, name=OWN)
    assert not Claim.objects.filter(name=f"www.{OWN_ASCII}").exists()
    assert f"www.{OWN_ASCII}" not in desired("web.site")[OWN_ASCII]


@pytest.mark.parametrize("host", ["brötchen.test", "www.brötchen.test", "test-x.test"])
def test_no_machine_gets_the_name_of_a_customers(house: House, host: str) -> None:
    """Nor one that lies above: whoever asked for a customer's name would land on the machine's zone."""
    house.run("domains.add", house.baker, subscription=house.mine, name="brötchen.test")
    house.run("domains.add", house.baker, subscription=house.mine, name="a.test-x.test")
    before = Node.objects.get()
    with pytest.raises(ValueError, match="is a customer's"):
        register("local", 2_000_000, SystemClock().now(), Address(host, "192.0.2.7", ""))
    assert (Node.objects.get().host, Node.objects.get().moved) == (before.host, before.moved)
    register("local", 2_000_000, SystemClock().now(), Address("server.brötchen.test", "192.0.2.7", ""))
    assert Node.objects.get().moved == before.moved + 1


def test_a_new_domain_has_nothing_to_follow(house: House) -> None:
    house.run("domains.add", house.baker, subscription=house.mine, name="brötchen.test")
    assert Domain.objects.get().followed == Node.objects.get().moved
    assert house.run("domains.follow").result == {"domains": 0, "more": False}
