"""Renewals' part of the house of tests/habits/examples.py."""

from collections.abc import Mapping
from datetime import timedelta

from tests.house import House

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.values import DomainName
from gasthof.slices.accounts.models import Customer
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.examples import upload
from gasthof.slices.billing.tests.statements import Line, mt940
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.renewals.carrying import carry_over
from gasthof.slices.renewals.models import Carried, LateOpening

CUSTOMERS: set[str] = set()
WHILE_SUSPENDED = CUSTOMERS
TERMS = {"months": 12, "net": "24,00", "currency": "EUR", "category": "standard"}


def furnish(house: House, place: str, domain: str) -> None:
    """A mail package that was asked for and paid, and a shop that nobody has asked to pay yet."""
    for type_ in ("mail", "shop"):
        house.run("renewals.set_price", type=type_, **TERMS)
    now = SYSTEM_CLOCKS.business.now()
    customer = Customer.objects.get(number=(house.baker if place == house.mine else house.gardener).customer)
    version, near = policies.take(policies.shipped(), now), now.date() + timedelta(days=10)
    name = DomainName.parse(domain).ascii
    mail, _ = (
        changing.begin(customer, each, name, now, version=version, first_unpaid=near) for each in ("mail", "shop")
    )
    house.run("renewals.agree", service=mail.pk, **TERMS)
    number = house.run("renewals.ask", service=mail.pk).result["proforma"]
    paid = Proforma.objects.get(pk=number).total
    upload(house, mt940([Line(paid, f"VS:{number}", name=customer.name, iban="")], number=f"{mail.pk}"))
    assert list(carry_over(SYSTEM_CLOCKS))
    carried = Carried.objects.get(service=mail)
    assert carried.outcome == Carried.RENEWED
    LateOpening.objects.create(
        settled=carried.settled, service=mail, reason="work", words="Der Server schweigt", found=now, ended=now
    )


def examples(_house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    def latest(type_: str) -> int:
        return Service.objects.filter(name=DomainName.parse(domain).ascii, type=type_).latest("pk").pk

    def shop() -> int:
        return latest("shop")

    def agreed() -> int:
        return latest("mail")

    return {
        "renewals.set_price": TERMS | {"type": "domain", "tld": "köln"},
        "renewals.drop_price": {"price": "mail"},
        "renewals.agree": TERMS | {"service": shop},
        "renewals.end_agreement": {"service": agreed},
        "renewals.ask": {"service": shop},
    }
