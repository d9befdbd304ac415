"""Notices' part of the house of tests/habits/examples.py."""

from collections.abc import Mapping

from tests.house import House

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.kernel.values import DomainName
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.notices.models import Delivery, Notice
from gasthof.slices.notices.telling import tell

CUSTOMERS: set[str] = set()
WHILE_SUSPENDED = CUSTOMERS


def furnish(_house: House, place: str, _domain: str) -> None:
    """What is due today, and one that was refused."""
    list(tell(SYSTEM_CLOCKS))
    mine = Notice.objects.filter(service__subscription__number=int(place[1:])) | Notice.objects.filter(
        service__type="shop"
    )
    refused = mine.order_by("-pk").first() or _made(place)
    Notice.objects.filter(pk=refused.pk).update(state=Notice.REFUSED)
    Delivery.objects.get_or_create(
        notice=refused, defaults={"address": "köchin@example.org", "state": Delivery.REFUSED}
    )


def _made(place: str) -> Notice:
    service = Service.objects.get(subscription__number=int(place[1:]), type="hosting")
    now = SYSTEM_CLOCKS.business.now()
    return Notice.objects.create(
        service=service, customer=service.customer, first_unpaid=service.first_unpaid or now.date(), name="closed", due=now.date(), made=now,
        subject="Grüße", text="Grüße",
    )  # fmt: skip


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    def shop() -> int:
        return Service.objects.filter(name=DomainName.parse(domain).ascii, type="shop").latest("pk").pk

    return {
        "notices.preview": {"service": shop, "name": "closed", "language": "en"},
        "notices.send_again": {
            "notice": lambda: Notice.objects.filter(customer=house.baker.customer, state=Notice.REFUSED).latest("pk").pk
        },
    }
