"""The pages that a customer begins with say what comes, and lead to where that can be changed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from tests.house import OPERATOR, House, settle
from tests.readers import member, owner

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.slices.accounts.models import Customer
from gasthof.slices.billing.models import Proforma
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.sweeping import sweep

NAME = "xn--gre-aus-kln-w6a02arc.test"  # grüße-aus-köln.test


@pytest.fixture
def house(db: None) -> House:
    return settle()


def begin(house: House, in_days: int) -> Service:
    now = SYSTEM_CLOCKS.business.now()
    return changing.begin(
        Customer.objects.get(number=house.baker.customer), "hosting", NAME, now,
        version=policies.take(policies.shipped(), now), first_unpaid=now.date() + timedelta(days=in_days),
        subscription=int(house.mine[1:]),
    )  # fmt: skip


def seen(house: House, page: str = "subscriptions:subscription") -> str:
    return owner(house).get(reverse(page, args=[house.mine])).content.decode()


def test_a_month_ahead_the_day_is_named_with_the_way_to_pay(house: House) -> None:
    service = begin(house, 20)
    perform(OPERATOR, "renewals.set_price", {"type": "hosting", "months": 12, "net": "84,00"})
    perform(OPERATOR, "renewals.ask", {"service": service.pk})
    proforma = Proforma.objects.get()
    for page in (seen(house), seen(house, "web:websites")):
        assert "grüße-aus-köln.test" in page and "If nothing is done:" in page
        assert "99.96\xa0EUR are to be paid by" in page
        assert reverse("billing:proforma", args=[proforma.number]) in page
        assert reverse("lifecycle:service", args=[service.pk]) in page
    assert f"Pay proforma invoice {proforma.number}" in owner(house).get(f"/services/{service.pk}/").content.decode()


def test_what_is_paid_for_long_is_not_spoken_of(house: House) -> None:
    begin(house, 60)
    assert "If nothing is done:" not in seen(house)


def test_what_is_closed_says_why_and_what_comes(house: House) -> None:
    service = begin(house, -3)
    sweep(SYSTEM_CLOCKS.business.now())
    service.refresh_from_db()
    page = seen(house)
    assert service.phase == "suspended" and "It has not been paid since" in page and "If nothing is done:" in page


def test_who_may_not_see_services_is_told_of_none(house: House) -> None:
    begin(house, -3)
    page = member(house.baker.customer, "webmaster").get(reverse("web:websites", args=[house.mine]))
    assert page.status_code == 200 and "It has not been paid since" not in page.content.decode()
