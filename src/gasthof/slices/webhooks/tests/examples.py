"""Webhooks' part of the house of tests/habits/examples.py."""

from collections.abc import Mapping

from tests.house import House

from gasthof.slices.access.models import User
from gasthof.slices.access.values import Email
from gasthof.slices.webhooks.models import Delivery, Webhook

CUSTOMERS = {
    "webhooks.add", "webhooks.change", "webhooks.rotate_secret", "webhooks.switch", "webhooks.remove", "webhooks.test",
    "webhooks.send_again",
}  # fmt: skip
WHILE_SUSPENDED = CUSTOMERS  # it tells why


def furnish(house: House, _place: str, domain: str) -> None:
    made = house.run("webhooks.add", user=_person(domain), url=f"https://{domain}/ereignisse").result
    house.run("webhooks.test", webhook=made["webhook"])
    Delivery.objects.filter(webhook=made["webhook"]).update(state=Delivery.DELIVERED)


def examples(_house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    webhook = {"webhook": lambda: _webhook(domain)}
    return {
        "webhooks.add": {"user": lambda: _person(domain), "url": "https://bäckerei.example:8443/haken?a=b", "events": "verb.performed"},
        "webhooks.change": webhook | {"url": "https://example.org/neu", "events": ["change.live", "change.failed"]},
        "webhooks.rotate_secret": webhook,
        "webhooks.switch": webhook | {"on": "no"},
        "webhooks.remove": webhook,
        "webhooks.test": webhook,
        "webhooks.send_again": {"delivery": lambda: _delivery(domain)},
    }  # fmt: skip


def _person(domain: str) -> int:
    return User.objects.get(email=Email.parse(f"programme@{domain}")).pk


def _webhook(domain: str) -> int:
    row = Webhook.objects.filter(user=_person(domain)).first()
    return row.pk if row else 0


def _delivery(domain: str) -> int:
    row = Delivery.objects.filter(webhook=_webhook(domain)).first()
    return row.pk if row else 0
