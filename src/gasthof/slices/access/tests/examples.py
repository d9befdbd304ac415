"""Access' part of the house of tests/habits/examples.py: a member for each customer, and one way to use each verb."""

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet
from tests.house import House

from gasthof.kernel.clock import SystemClock
from gasthof.slices.access.models import Assignment, OneTimeLink, Role, User
from gasthof.slices.access.rules import NEW_ADDRESS
from gasthof.slices.access.values import Email

TOKEN = bytes(range(32))
CONFIRMS = base64.urlsafe_b64encode(TOKEN).rstrip(b"=").decode()  # what the link to the baker's Anna holds

CUSTOMERS = {
    "access.invite", "access.change_user", "access.deactivate", "access.activate", "access.remove_user", "access.end_sessions",
    "access.send_link", "access.create_role", "access.change_role", "access.remove_role", "access.assign", "access.withdraw",
}  # fmt: skip
WHILE_SUSPENDED = CUSTOMERS  # people sign in to see why


def furnish(house: House, place: str, domain: str) -> None:
    customer = (house.baker if place == house.mine else house.gardener).customer
    house.run("access.invite", customer=customer, email=f"anna@{domain}", name="Anna Öz", mail="no")
    house.run("access.create_role", customer=customer, name="Redaktion", permissions="web.read, domains.read")
    house.run("access.create_role", customer=customer, name="Ungenutzt", permissions="mail.read")
    house.run("access.assign", user=f"anna@{domain}", role="Redaktion", domain=domain)
    if place == house.mine:
        _ask_to_confirm(User.objects.get(email=Email.parse(f"anna@{domain}")), Email.parse(f"anna.neu@{domain}"))


def _ask_to_confirm(user: User, address: Email) -> None:
    """By a link that the examples know, too."""
    now = SystemClock().now()
    OneTimeLink.objects.create(
        digest=sha256(TOKEN).digest(),
        purpose=OneTimeLink.EMAIL,
        user=user,
        detail=address,
        created=now,
        expires=now + NEW_ADDRESS,
    )


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    user = {"user": f"anna@{domain}"}
    person = {"email": f"Jörg@{domain}".replace("ö", "oe"), "name": "Jörg Groß", "language": "en", "mail": "yes"}
    roles = Role.objects.filter(customer=house.baker.customer)
    given = Assignment.objects.filter(user__customer=house.baker.customer)
    return {
        "access.create_role": {"customer": house.baker.customer, "name": "Grafik", "permissions": ["web.read"]},
        "access.change_role": {
            "role": lambda: _number(roles.filter(name="Redaktion")),
            "name": "Text",
            "permissions": "web.read",
        },
        "access.remove_role": {"role": lambda: _number(roles.filter(name="Ungenutzt"))},
        "access.assign": user | {"role": "webmaster", "subscription": house.mine, "domain": "", "mailbox": ""},
        "access.withdraw": {"assignment": lambda: _number(given)},
        "access.create_operator": person,
        "access.invite": person | {"customer": house.baker.customer, "role": "read only"},
        "access.change_user": user | {"name": "Anna Grün", "email": "anna@grün.example", "language": "en"},
        "access.deactivate": user,
        "access.activate": user,
        "access.remove_user": user,
        "access.end_sessions": user,
        "access.send_link": user | {"mail": "yes"},
        "access.reset_factors": user,
        "access.set_password": user | {"password": "Ganz-neu-und-lang 3"},
        "access.tell_of_change": user | {"what": "password_changed", "address": "192.0.2.7"},
        "access.ask_for_address": user | {"email": f"anna.oez@{domain}"},
        "access.confirm_address": user | {"token": CONFIRMS},
        "access.act_as": {"customer": house.baker.customer},
        "access.stop_acting": {"customer": house.baker.customer},
    }


def _number(rows: QuerySet[Any]) -> int:
    """Of the first; 0 when there is none."""
    row = rows.first()
    return row.pk if row else 0
