"""What is locked or held cannot be taken away by its customer and made anew: by no verb, no file, no export."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.habits.furnished import made_once
from tests.house import House, all_live, desired

from gasthof.kernel import applying
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.kernel.sheet import Sheet
from gasthof.slices.cases.tests.test_cases import BOX, NAME, do, locked, opened, settled
from gasthof.slices.domains.models import Domain
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.mail.models import Mailbox
from gasthof.slices.mail.node.lookups import postfix_mailbox
from gasthof.slices.mail.spec import MailboxSpec

pytestmark = pytest.mark.django_db
SECOND = "zweite-köchin.test"
PASSWORD = "Sehr-geheim 1"


def furnished() -> House:
    """The baker has two subscriptions, so that what goes from one could come into the other."""
    house = settled()
    house.run("subscriptions.create", customer=house.baker.customer, plan="Standard", node="local")
    house.run("domains.add", subscription=house.mine, name=SECOND)
    house.run("mail.add_alias", domain=SECOND, name="verkauf", mailbox=BOX)
    house.run("mail.add_mailbox", domain=NAME, name="anna", password=PASSWORD)
    house.run("web.add_alias", domain=NAME, name=f"laden.{NAME}")
    return house


furnished_once, house = made_once(furnished)


def spare(house: House) -> str:
    """The baker's other subscription."""
    return f"s{int(house.mine[1:]) + 2:06d}"


def lock(_house: House) -> None:
    do("hold", opened(_house, mailbox=BOX))
    assert locked()


def hold(house: House, kind: str = "security") -> int:
    service = Service.objects.get(customer=house.baker.customer, parent=None).pk
    return int(house.run("lifecycle.put_hold", service=service, kind=kind, case="V-7").result["hold"])


def reseller(house: House) -> Actor:
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    return Actor("reseller", number)


def words(house: House, verb: str, actor: Actor | None = None, **fields: object) -> str:
    with pytest.raises(ActionRefused) as caught:
        house.run(verb, actor or house.baker, **fields)
    return "; ".join(error.message for error in caught.value.errors)


LOCKED_WAYS: dict[str, Callable[[House], tuple[str, dict[str, object]]]] = {
    "mailbox": lambda _: ("mail.remove_mailbox", {"mailbox": BOX}),
    "domain": lambda _: ("domains.delete", {"domain": NAME}),
    "its alias, for another mailbox": lambda _: ("mail.remove_alias", {"alias": f"verkauf@{SECOND}"}),
    "its alias' domain": lambda _: ("domains.delete", {"domain": SECOND}),
    "a forward of all that comes": lambda _: ("mail.forward_mailbox", {"mailbox": BOX, "to": "x@example.org"}),
}


@pytest.mark.parametrize("way", LOCKED_WAYS)
def test_a_locked_mailbox_stays_where_it_is(house: House, way: str) -> None:
    verb, fields = LOCKED_WAYS[way](house)
    lock(house)
    assert "info@grüße-aus-köln.test" in (said := words(house, verb, **fields)) and "locked" in said
    house.run(verb, **fields)  # staff may


@pytest.mark.parametrize("way", LOCKED_WAYS)
def test_unlocked_all_is_as_it_was(house: House, way: str) -> None:
    case = opened(house, mailbox=BOX)
    do("hold", case)
    do("lift", case)
    verb, fields = LOCKED_WAYS[way](house)
    house.run(verb, house.baker, **fields)


@pytest.mark.parametrize("verb", ["mail.add_mailbox", "mail.add_forward", "mail.add_alias"])
def test_taken_away_by_staff_its_address_does_not_come_again_by_the_customer(house: House, verb: str) -> None:
    lock(house)
    house.run("mail.remove_mailbox", mailbox=BOX)
    given = {"mail.add_mailbox": {"password": PASSWORD}, "mail.add_forward": {"to": "x@example.org"}}
    fields = {"domain": NAME, "name": "info"} | given.get(verb, {"mailbox": f"anna@{NAME}"})
    assert "V-" in words(house, verb, **fields)
    house.run(verb, **fields)  # staff may


def test_a_catch_all_gets_nothing_of_it_and_sends_nothing_in_its_name(house: House) -> None:
    lock(house)
    house.run("mail.set_catch_all", house.baker, domain=NAME, name="anna")
    address = f"info@{Domain.objects.get(unicode=NAME).name}"
    told = json.loads(desired("mail.mailbox")[address])
    rows = postfix_mailbox(msgspec.convert(told, MailboxSpec))
    assert (rows["senders"], rows["routes"]) == ((), ((address, address, 1),))


def test_nor_does_its_domain(house: House) -> None:
    lock(house)
    house.run("domains.delete", domain=NAME)
    assert "V-" in words(house, "domains.add", subscription=spare(house), name=NAME)
    assert "V-" in words(house, "web.add_alias", domain=SECOND, name=NAME)
    house.run("domains.add", house.gardener, subscription=house.other, name=NAME)  # it is that customer's lock


def test_a_file_gets_no_further(house: House, tmp_path: Path) -> None:
    lock(house)
    path = tmp_path / "datei.yaml"
    for rest in (f"domains: {{{SECOND}: {{}}}}", f"domains: {{{NAME}: {{mail: {{mailboxes: {{}}}}}}, {SECOND}: {{}}}}"):
        path.write_text(f"subscription: {house.mine}\nprune: yes\n{rest}\n", "utf-8")
        steps = applying.difference(Sheet.load(path), house.baker)
        with pytest.raises(ActionRefused, match="locked the mailbox"):
            applying.carry_out(steps, house.baker)


def test_an_older_export_unlocks_nothing(house: House) -> None:
    export = house.run("subscriptions.export", subscription=house.mine).result["export"]
    all_live()
    lock(house)
    assert "locked" in words(house, "subscriptions.delete", reseller(house), subscription=house.mine)
    house.run("subscriptions.delete", subscription=house.mine)
    house.run("subscriptions.import", export=export)
    assert locked(), "the lock follows the address"
    assert not Mailbox.objects.get(local="anna").locked


HELD_WAYS: dict[str, tuple[str, dict[str, object]]] = {
    "domain": ("domains.delete", {"domain": NAME}),
    "another domain of it": ("domains.delete", {"domain": SECOND}),
    "further name": ("web.remove_alias", {"domain": NAME, "name": f"laden.{NAME}"}),
}


@pytest.mark.parametrize("way", HELD_WAYS)
@pytest.mark.parametrize("kind", ["security", "abuse"])
def test_what_is_held_stays_where_it_is(house: House, way: str, kind: str) -> None:
    verb, fields = HELD_WAYS[way]
    number = hold(house, kind)
    said = words(house, verb, **fields)
    assert kind == "abuse" or "V-7" in said, said
    house.run("lifecycle.lift_hold", hold=number)
    house.run(verb, house.baker, **fields)


def test_held_it_does_not_come_again_elsewhere(house: House) -> None:
    hold(house)
    assert "V-7" in words(house, "subscriptions.delete", reseller(house), subscription=house.mine)
    house.run("domains.delete", domain=NAME)
    assert "V-7" in words(house, "domains.add", subscription=spare(house), name=NAME)
    assert not Domain.objects.filter(subscription=int(spare(house)[1:])).exists()
    house.run("domains.add", subscription=spare(house), name=NAME)
