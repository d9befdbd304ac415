"""FTP's part of the house of tests/habits/examples.py: an FTP user for each customer, and one way to use each verb."""

from collections.abc import Mapping

from tests.house import House

from gasthof.kernel.values import DomainName

PASSWORD = "Grüße-aus-Köln-1"
CUSTOMERS = {"ftp.add_user", "ftp.change_user", "ftp.set_password", "ftp.remove_user"}
WHILE_SUSPENDED: set[str] = set()


def furnish(house: House, place: str, domain: str) -> None:
    directory = f"web/{DomainName.parse(domain).ascii}"
    house.run("ftp.add_user", subscription=place, name="anna", directory=directory, password=PASSWORD)


def examples(_house: House, place: str, _domain: str) -> Mapping[str, Mapping[str, object]]:
    user = {"user": f"{place}-anna"}
    return {
        "ftp.add_user": {"subscription": place, "name": "bernd", "directory": "web/läden", "password": PASSWORD},
        "ftp.change_user": user | {"name": "berta", "directory": "web"},
        "ftp.set_password": user | {"password": "Ganz-anders-2"},
        "ftp.remove_user": user,
    }
