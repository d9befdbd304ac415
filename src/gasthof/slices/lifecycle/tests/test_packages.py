"""An e-mail package is a subscription for mail alone: its mail is closed, opened and deleted by its own days (spec L17)."""

from collections.abc import Callable

import pytest
from tests.house import OPERATOR, House, all_live

from gasthof.kernel.actions import perform
from gasthof.kernel.refusal import ActionRefused, Refused
from gasthof.slices.lifecycle import carrying, policies, queries
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.tests.test_carrying import FIRST, NAME, house, on, passes, state
from gasthof.slices.subscriptions.models import Export, Subscription

__all__ = ["house", "passes"]  # fixtures
pytestmark = pytest.mark.django_db


def begin(house: House, type_: str) -> Service:
    fields = {"customer": house.baker.customer, "type": type_, "name": NAME, "first_unpaid": FIRST.isoformat()}
    done = perform(OPERATOR, "lifecycle.begin", {**fields, "subscription": house.mine}, on(-40))
    return Service.objects.get(pk=done.result["service"])


@pytest.fixture
def package(house: House) -> Service:
    perform(OPERATOR, "renewals.set_price", {"type": "mail", "months": 12, "net": "24,00"}, on(-40))
    return begin(house, "mail")


def test_unpaid_its_mail_is_closed_and_paid_it_is_open(
    house: House, package: Service, passes: Callable[..., list[str]]
) -> None:
    passes(-1, -1)
    assert state(house) == "active"
    passes(0, 0)
    assert state(house) == "suspended"
    withheld = Subscription.objects.get(number=int(house.mine[1:])).withheld
    assert {"mail_delivered", "sign_in"} <= set(withheld)
    perform(OPERATOR, "lifecycle.set_paid", {"service": package.pk, "first_unpaid": "2028-03-03"}, on(5))
    assert list(carrying.carry_out(on(5))) and state(house) == "active"


def test_it_is_deleted_after_fourteen_days_and_nothing_of_it_is_kept(
    house: House, package: Service, passes: Callable[..., list[str]]
) -> None:
    perform(OPERATOR, "lifecycle.note_notice", {"service": package.pk}, on(-1))
    passes(0, 13)
    assert state(house) == "suspended"
    passes(14, 14)
    all_live()
    assert not Subscription.objects.filter(number=int(house.mine[1:])).exists()
    assert Subscription.objects.filter(number=int(house.other[1:])).exists(), "the neighbour's stands"
    assert not Export.objects.filter(subscription=int(house.mine[1:])).exists()
    package.refresh_from_db()
    with pytest.raises(Refused, match="nothing of it can be restored"):
        queries.kept(package)


def test_a_policy_that_keeps_it_saves_it_first(house: House, passes: Callable[..., list[str]]) -> None:
    kept = 'archive = { days = 14, keeps = ["mail"], fee = "restore" }\n'
    text = (
        policies.shipped()
        .replace("[type.mail]  # L17\n", f"[type.mail]\n{kept}")
        .replace(
            '{ name = "deleted", from = 14, does = "delete", can = [] }',
            '{ name = "deleted", from = 14, does = "delete", can = ["restorable"] }',
        )
    )
    policies.take(text, on(-40).business.now())
    perform(OPERATOR, "renewals.set_price", {"type": "mail", "months": 12, "net": "24,00"}, on(-40))
    package = begin(house, "mail")
    perform(OPERATOR, "lifecycle.note_notice", {"service": package.pk}, on(-1))
    passes(0, 14)
    assert Export.objects.filter(subscription=int(house.mine[1:])).exists() and state(house) == "suspended"
    all_live()
    list(carrying.carry_out(on(14)))
    package.refresh_from_db()
    assert not Subscription.objects.filter(number=int(house.mine[1:])).exists() and queries.kept(package)


def test_its_zone_follows_it_and_no_mail_is_included_in_it(house: House, package: Service) -> None:
    assert list(package.children.values_list("type", "name")) == [("dns", "xn--gre-aus-kln-w6a02arc.test")]


@pytest.mark.parametrize(("first", "second"), [("mail", "hosting"), ("hosting", "mail"), ("mail", "mail")])
def test_a_subscription_is_one_of_them_alone(house: House, first: str, second: str) -> None:
    begin(house, first)
    with pytest.raises(ActionRefused) as caught:
        begin(house, second)
    assert [error.field for error in caught.value.errors] == ["subscription"]
