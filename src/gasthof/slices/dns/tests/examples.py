"""The part of zones that are gone in the house of tests/habits/examples.py."""

from collections.abc import Mapping

from tests.house import House

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.values import DomainName
from gasthof.slices.dns.models import FormerZone

CUSTOMERS = {"dns.restore_former"}
WHILE_SUSPENDED: set[str] = set()


def furnish(house: House, place: str, domain: str) -> None:
    """A zone that the customer's domain had before it was deleted the last time."""
    owner = house.baker if place == house.mine else house.gardener
    name = DomainName.parse(domain)
    records = [{"name": f"xn--kse-qla.{name.ascii}", "type": "TXT", "ttl": 300, "contents": ['"Emmentaler"']}]
    FormerZone.objects.create(
        customer_id=owner.customer or 0, name=name.ascii, unicode=name.unicode, removed=SYSTEM_CLOCKS.wall.now(), records=records
    )  # fmt: skip


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    former = FormerZone.objects.filter(customer=house.baker.customer).latest("pk")
    return {"dns.restore_former": {"domain": domain, "former": former.pk}, "dns.reset": {"domain": domain}}
