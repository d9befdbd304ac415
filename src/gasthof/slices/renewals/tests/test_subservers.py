"""A price of its own for a subserver: a line on its parent's proforma, and part of what has to be paid for its renewal."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.readers import operator

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.billing import books
from gasthof.slices.billing.tests.test_billing import check
from gasthof.slices.lifecycle import changing
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Carried
from gasthof.slices.renewals.queries import agreed
from gasthof.slices.renewals.rules import Share, whole
from gasthof.slices.renewals.tests.test_renewals import EXPIRES, Desk, desk, open_proforma, paid_until

__all__ = ["desk"]  # fixture
NAMES = ("süße-brötchen.test", "grüße-aus-köln.test", "törtchen.test")
shares = st.lists(st.builds(Share, st.integers(1, 10**9), st.integers(1, 120)), max_size=8)


@given(st.integers(1, 10**9), st.integers(1, 120), shares)
def test_a_period_costs_the_sum_of_its_lines(net: int, months: int, listed: list[Share]) -> None:
    """In whichever order they were agreed on; each is right to half a unit, and exact for its own period."""
    total = whole(net, months, listed)
    assert total == net + sum(each.of(months) for each in listed) == whole(net, months, sorted(listed, key=repr))
    for each in listed:
        assert abs(2 * each.of(months) * each.months - 2 * each.net * months) <= each.months
        assert each.of(each.months) == each.net and each.of(2 * each.months) == 2 * each.net


def tower(desk: Desk, nets: Sequence[str | None] = ("10,00", "0,99", None)) -> tuple[Service, list[Service]]:
    """A managed server for 600.00 a year, and its subservers, each with its price for a month."""
    desk.do("renewals.set_price", type="vms", months=12, net="600,00")
    parent = desk.begin("vms")
    below = [changing.begin(desk.customer, "subserver", name, desk.clock.at, version=parent.policy, parent=parent) for name in NAMES]  # fmt: skip
    for each, net in zip(below, nets, strict=True):
        if net:
            desk.do("renewals.agree", service=each.pk, months=1, net=net)
    return parent, below


def test_those_that_stand_are_lines_of_their_own_and_paid_with_it(desk: Desk) -> None:
    parent, below = tower(desk)
    assert "731.88" in operator().get(f"/services/{parent.pk}/").content.decode()
    desk.go(EXPIRES - timedelta(days=30))
    proforma = open_proforma(parent)
    lines = list(proforma.lines.order_by("position").values_list("service", "title", "net"))
    assert lines == [
        (f"lifecycle:{parent.pk}", lines[0][1], 60_000),
        (f"subserver:{below[0].pk}", f"Subserver {NAMES[0]}, 12 Monate", 12_000),
        (f"subserver:{below[1].pk}", f"Subserver {NAMES[1]}, 12 Monate", 1_188),
    ]
    desk.pay(proforma, proforma.total - 1)
    desk.go(EXPIRES - timedelta(days=29))
    assert paid_until(parent) == EXPIRES, "without them it is not paid"
    desk.pay(proforma, 1)
    for _ in range(2):
        desk.go(EXPIRES - timedelta(days=28))
    assert paid_until(parent) == EXPIRES.replace(year=2028)
    assert Carried.objects.get().outcome == Carried.RENEWED and books.credit(desk.customer.number, "EUR") == 0
    check()


def test_those_that_have_ended_or_are_to_end_are_not_asked_for(desk: Desk) -> None:
    parent, below = tower(desk, ("10,00", "20,00", "30,00"))
    desk.do("lifecycle.terminate", service=below[0].pk, authorised="Brief", on=EXPIRES.isoformat())
    Service.objects.filter(pk=below[1].pk).update(ended=desk.clock.at.date(), phase="deleted", due_at=None)
    desk.go(EXPIRES - timedelta(days=30))
    assert open_proforma(parent).net == 60_000 + 36_000


def test_given_back_all_of_it_is(desk: Desk) -> None:
    parent, _ = tower(desk)
    desk.go(EXPIRES - timedelta(days=30))
    proforma = open_proforma(parent)
    desk.do("lifecycle.terminate", service=parent.pk, authorised="Brief", on=EXPIRES.isoformat())
    desk.pay(proforma)
    list(carry_over(desk.clocks))
    desk.go(EXPIRES - timedelta(days=29))
    assert Carried.objects.get().outcome == Carried.RETURNED
    assert books.credit(desk.customer.number, "EUR") == proforma.total
    check()


def test_one_proforma_has_one_currency(desk: Desk) -> None:
    parent, below = tower(desk)
    for service, given_ in (
        (below[2].pk, "renewals.agree"),
        (parent.pk, "renewals.agree"),
        (None, "renewals.set_price"),
    ):
        fields = {"type": "vms"} if service is None else {"service": service}
        with pytest.raises(ActionRefused) as caught:
            desk.do(given_, **fields, months=12, net="900", currency="CZK")
        assert [error.field for error in caught.value.errors] == ["currency"]


def test_an_operator_agrees_on_a_page_and_nothing_typed_is_lost(desk: Desk) -> None:
    parent, below = tower(desk)
    at, typed = (
        f"/services/{below[2].pk}/price",
        {"months": "12", "net": "zwölf", "currency": "EUR", "category": "reduced"},
    )
    assert 'value="12"' in operator().get(at).content.decode()
    page = operator().post(at, typed)
    assert page.status_code == 422 and 'value="zwölf"' in page.content.decode()
    assert operator().post(at, typed | {"net": "12,50"}).status_code == 303
    desk.go(EXPIRES - timedelta(days=30))
    assert open_proforma(parent).lines.get(service=f"subserver:{below[2].pk}").net == 1_250


def test_an_agreement_ends_on_a_page_and_the_list_counts_again(desk: Desk) -> None:
    service = desk.begin("shop")
    at = f"/services/{service.pk}/price"
    assert "/drop" not in operator().get(at).content.decode()
    with pytest.raises(ActionRefused, match="Nothing was agreed"):
        desk.do("renewals.end_agreement", service=service.pk)
    desk.do("renewals.agree", service=service.pk, months=1, net="9,90")
    assert f"{at}/drop" in operator().get(at).content.decode()
    assert "no price for it on the list" in operator().get(f"{at}/drop").content.decode()
    desk.do("renewals.set_price", type="shop", months=12, net="60")
    assert "60.00" in operator().get(f"{at}/drop").content.decode()
    assert operator().post(f"{at}/drop").status_code == 303
    desk.go(EXPIRES - timedelta(days=30))
    assert open_proforma(service).net == 6_000


def test_a_subserver_without_its_agreement_is_part_of_its_parent(desk: Desk) -> None:
    parent, below = tower(desk)
    desk.do("renewals.end_agreement", service=below[0].pk)
    desk.go(EXPIRES - timedelta(days=30))
    asked = set(open_proforma(parent).lines.values_list("service", flat=True))
    assert f"subserver:{below[0].pk}" not in asked and f"subserver:{below[1].pk}" in asked


def test_no_agreement_ends_that_keeps_a_proforma_in_one_currency(desk: Desk) -> None:
    desk.do("renewals.set_price", type="multihosting", months=12, net="90")
    parent = desk.begin("multihosting")
    desk.do("renewals.agree", service=parent.pk, months=12, net="900", currency="CZK")
    below = desk.begin("subserver", parent=parent, first_unpaid=None)
    desk.do("renewals.agree", service=below.pk, months=12, net="100", currency="CZK")
    with pytest.raises(ActionRefused, match="another currency"):
        desk.do("renewals.end_agreement", service=parent.pk)
    assert agreed(parent)


def test_a_price_is_agreed_on_where_there_can_be_one(desk: Desk) -> None:
    """One primary action a page: a zone's leads to its records."""
    parent, below = tower(desk)
    zone = changing.begin(desk.customer, "dns", NAMES[0], desk.clock.at, version=parent.policy, parent=below[0])
    for service, offered in ((parent, [False]), (below[0], [False]), (desk.begin("shop"), [True]), (zone, [])):
        doors = operator().get(f"/services/{service.pk}/").context["doors"]
        assert [door.primary for door in doors if door.url == f"/services/{service.pk}/price"] == offered
        assert sum(door.primary for door in doors) <= 1
    assert operator().get(f"/services/{zone.pk}/price").status_code == 404
    with pytest.raises(ActionRefused, match="paid with what it belongs to"):
        desk.do("renewals.agree", service=zone.pk, months=12, net="1,00")
