"""Access' part of the house of tests/habits/examples.py: a member for each customer, and one way to use each verb."""

from collections.abc import Mapping

from tests.house import House

CUSTOMERS = {
    "access.invite", "access.change_user", "access.deactivate", "access.activate", "access.remove_user", "access.end_sessions",
    "access.send_link",
}  # fmt: skip
WHILE_SUSPENDED = CUSTOMERS  # people sign in to see why


def furnish(house: House, place: str, domain: str) -> None:
    customer = (house.baker if place == house.mine else house.gardener).customer
    house.run("access.invite", customer=customer, email=f"anna@{domain}", name="Anna Öz", mail="no")


def examples(house: House, _place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    user = {"user": f"anna@{domain}"}
    person = {"email": f"Jörg@{domain}".replace("ö", "oe"), "name": "Jörg Groß", "language": "en", "mail": "yes"}
    return {
        "access.create_operator": person,
        "access.invite": person | {"customer": house.baker.customer},
        "access.change_user": user | {"name": "Anna Grün", "email": "anna@grün.example", "language": "en"},
        "access.deactivate": user,
        "access.activate": user,
        "access.remove_user": user,
        "access.end_sessions": user,
        "access.send_link": user | {"mail": "yes"},
        "access.reset_factors": user,
    }
