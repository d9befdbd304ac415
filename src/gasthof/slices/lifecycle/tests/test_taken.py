"""A hold takes what its kind takes and nothing else, down to what nodes are told; lifted, each part is as it was before."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.deaths import each_statement
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, all_live, desired, settle

from gasthof.kernel.actions import perform
from gasthof.kernel.permissions import Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.lifecycle import carrying
from gasthof.slices.lifecycle.knowing import facts_of, policy_of
from gasthof.slices.lifecycle.models import Hold, Service, Work
from gasthof.slices.lifecycle.rules.evaluate import evaluate
from gasthof.slices.lifecycle.rules.facts import DRIVEN, MAILS, PUT, TAKES, mask, withheld
from gasthof.slices.lifecycle.sweeping import sweep
from gasthof.slices.lifecycle.tests.test_carrying import NAME, on
from gasthof.slices.subscriptions import rules
from gasthof.slices.subscriptions.models import Subscription

pytestmark = pytest.mark.django_db
OPEN = {"web": True, "mail": True, "mailboxes": True, "ftp": True, "databases": True, "edit": True}


def settled() -> House:
    house = settle()
    house.run("domains.add", subscription=house.mine, name=NAME)
    house.run("mail.add_mailbox", domain=NAME, name="info", password="Sehr-geheim 1")
    house.run("ftp.add_user", subscription=house.mine, name="koch", password="Sehr-geheim 1", directory="web")
    house.run("databases.create", subscription=house.mine, server="mariadb", name="laden")
    house.run(
        "databases.add_user",
        database=f"mariadb/{house.mine}_laden",
        name="kasse",
        password="Sehr-geheim 1",
        rights="full",
    )
    begun = {"customer": house.baker.customer, "type": "hosting", "name": NAME, "first_unpaid": "2027-03-03"}
    perform(OPERATOR, "lifecycle.begin", begun | {"subscription": house.mine}, on(-40))
    return house


furnished_once, house = made_once(settled)


def place(house: House) -> Subscription:
    return Subscription.objects.get(number=int(house.mine[1:]))


def works(house: House) -> Mapping[str, bool]:
    """What of the baker's does, as the node was told."""
    list(carrying.carry_out(on(0)))
    told = {kind: [json.loads(spec) for spec in desired(kind).values()] for kind in ("web.site", "mail.domain", "ftp.user", "databases.user")}  # fmt: skip
    (site,), (domain,), (ftp,), (database,) = told.values()
    closed = domain["suspended"] if domain["sign_in"] is None else not domain["sign_in"]
    return {
        "web": not site["suspended"], "mail": not domain["suspended"], "mailboxes": not closed,
        "ftp": not ftp["suspended"], "databases": not database["locked"], "edit": _edits(house),
    }  # fmt: skip


def _edits(house: House) -> bool:
    try:
        house.run("mail.change_mailbox", house.baker, mailbox=f"info@{NAME}", title="Büro")
    except ActionRefused as refusal:
        assert "suspended" in str(refusal)
        return False
    return True


def put(kind: str) -> int:
    service = Service.objects.get(type="hosting").pk
    return int(perform(OPERATOR, "lifecycle.put_hold", {"service": service, "kind": kind}, on(-1)).result["hold"])


def lift(hold: int) -> None:
    perform(OPERATOR, "lifecycle.lift_hold", {"hold": hold}, on(-1))


PARTS = {
    "served": ("web",), "mail_delivered": ("mail",), "sign_in": ("mailboxes", "ftp", "databases"), "edit": ("edit",),
}  # fmt: skip


def without(*kinds: str) -> dict[str, bool]:
    taken = frozenset[str]().union(*(TAKES[kind] for kind in kinds))
    return OPEN | {part: False for ability, parts in PARTS.items() if ability in taken for part in parts}


@pytest.mark.parametrize("kind", PUT)
def test_a_hold_takes_what_its_kind_takes(house: House, kind: str) -> None:
    hold = put(kind)
    assert works(house) == without(kind)
    lift(hold)
    assert works(house) == OPEN


def test_a_website_that_was_broken_into_leaves_the_mail(house: House) -> None:
    put("security")
    found = works(house)
    assert (found["web"], found["mail"]) == (False, True)


@pytest.mark.parametrize("first", ["security", "registry", "staff"])
def test_of_two_holds_each_gives_back_its_own(house: House, first: str) -> None:
    holds = [put(first), put("abuse")]
    assert works(house) == without(first, "abuse")
    lift(holds[1])
    assert works(house) == without(first)
    lift(holds[0])
    assert works(house) == OPEN


def test_what_was_suspended_by_hand_stays_so(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    hold = put("security")
    works(house)
    lift(hold)
    assert works(house) == dict.fromkeys(OPEN, False)
    house.run("subscriptions.resume", subscription=house.mine)
    assert works(house) == OPEN


def test_nobody_opens_by_hand_what_a_hold_closes(house: House) -> None:
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    put("security")
    works(house)
    for actor in (Actor("reseller", number), OPERATOR):
        with pytest.raises(ActionRefused, match="hold"):
            house.run("subscriptions.resume", actor, subscription=house.mine)
    house.run("subscriptions.suspend", subscription=house.mine)
    house.run("subscriptions.resume", subscription=house.mine)
    assert works(house) == without("security")


def test_unpaid_all_of_it_is_taken_and_paid_it_is_given_back_but_for_a_hold(house: House) -> None:
    put("security")
    sweep(on(0).business.now())
    assert works(house) == dict.fromkeys(OPEN, False)
    paid = {"service": Service.objects.get(type="hosting").pk, "first_unpaid": "2028-03-03"}
    perform(OPERATOR, "lifecycle.set_paid", paid, on(0))
    assert works(house) == without("security")


def test_what_is_held_comes_back_from_an_export_as_held_as_it_was(house: House) -> None:
    put("security")
    works(house)
    export = house.run("subscriptions.export", subscription=house.mine).result["export"]
    all_live()
    house.run("subscriptions.delete", subscription=house.mine)
    made = house.run("subscriptions.import", export=export).result
    assert made["withheld"] == ["served", "sign_in"]
    assert works(house) == without("security")
    lift(Hold.objects.get().pk)
    assert works(house) == OPEN


def test_killed_before_any_statement_a_hold_is_lifted_once(house: House) -> None:
    hold = put("security")
    works(house)
    assert each_statement(lambda: lift(hold)) > 10
    service = Service.objects.get(type="hosting")
    assert [service.events.filter(what=what).count() for what in ("lifted", "opened")] == [1, 1]
    assert Work.objects.filter(done=None, service=service).count() == 1
    assert each_statement(lambda: list(carrying.carry_out(on(0)))) > 10
    assert works(house) == OPEN and not Hold.objects.filter(lifted=None).exists()
    assert place(house).state == Subscription.ACTIVE


@given(st.frozensets(st.sampled_from(PUT)), st.frozensets(st.sampled_from(DRIVEN)))
def test_bits_are_what_they_stand_for(kinds: frozenset[str], can: frozenset[str]) -> None:
    taken = frozenset[str]().union(*(TAKES[kind] for kind in kinds))
    bits = 0
    for kind in kinds:
        bits |= mask(TAKES[kind])
    assert bits == mask(taken)
    assert set(withheld(can, bits)) == set(DRIVEN) - (can - taken)
    assert tuple(dict.fromkeys((*DRIVEN, *MAILS.values()))) == rules.ABILITIES, "the same words on both sides"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*PUT, "lift", "pay"]), max_size=6))
def test_in_any_order_the_place_can_do_what_evaluate_says(house: House, order: list[str]) -> None:
    service, holds = (
        Service.objects.get(type="hosting"),
        [*Hold.objects.filter(lifted=None).values_list("pk", flat=True)],
    )
    for one in order:
        if one in PUT:
            holds.append(put(one))
        elif one == "lift" and holds:
            lift(holds.pop(0))
        elif one == "pay":
            perform(OPERATOR, "lifecycle.set_paid", {"service": service.pk, "first_unpaid": "2028-03-03"}, on(-1))
    list(carrying.carry_out(on(0)))
    day = on(-1).business.now().date()
    can = evaluate(policy_of(service), facts_of(Service.objects.get(type="hosting"), day), day).capabilities
    assert [each for each in DRIVEN if place(house).can(each)] == [each for each in DRIVEN if each in can]
