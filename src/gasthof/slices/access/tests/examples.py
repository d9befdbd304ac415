"""Access' part of the house of tests/habits/examples.py: a member for each customer, and one way to use each verb."""

from collections.abc import Mapping

from django.db.models import QuerySet
from tests.house import House

from gasthof.slices.access.models import Assignment, Role

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


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    user = {"user": f"anna@{domain}"}
    person = {"email": f"Jörg@{domain}".replace("ö", "oe"), "name": "Jörg Groß", "language": "en", "mail": "yes"}
    roles = Role.objects.filter(customer=house.baker.customer)
    given = Assignment.objects.filter(user__customer=house.baker.customer).first()
    return {
        "access.create_role": {"customer": house.baker.customer, "name": "Grafik", "permissions": ["web.read"]},
        "access.change_role": {"role": _number(roles, "Redaktion"), "name": "Text", "permissions": "web.read"},
        "access.remove_role": {"role": _number(roles, "Ungenutzt")},
        "access.assign": user | {"role": "webmaster", "subscription": house.mine, "domain": "", "mailbox": ""},
        "access.withdraw": {"assignment": given.pk if given else 0},
        "access.create_operator": person,
        "access.invite": person | {"customer": house.baker.customer, "role": "read only"},
        "access.change_user": user | {"name": "Anna Grün", "email": "anna@grün.example", "language": "en"},
        "access.deactivate": user,
        "access.activate": user,
        "access.remove_user": user,
        "access.end_sessions": user,
        "access.send_link": user | {"mail": "yes"},
        "access.reset_factors": user,
    }


def _number(roles: QuerySet[Role], name: str) -> int:
    row = roles.filter(name=name).first()
    return row.pk if row else 0
