"""Pages of customers and of the audit trail."""

import pytest
from tests import members
from tests.habits.furnished import made_once
from tests.house import House, settle

from gasthof.slices.access.models import User
from gasthof.slices.accounts.models import Customer

pytestmark = pytest.mark.django_db


furnished_once, house = made_once(settle)


def test_a_customer_is_taken_on_and_changed(house: House) -> None:
    operator = members.operator()
    empty = operator.post("/customers/new", {"name": "", "language": "de"})
    assert empty.status_code == 422 and 'aria-invalid="true"' in members.text(empty)
    assert operator.post("/customers/new", {"name": "Schürzenmanufaktur", "language": "de"}).status_code == 303
    customer = Customer.objects.get(name="Schürzenmanufaktur")
    assert (
        operator.post(f"/customers/{customer.number}/change", {"name": "Schürzen", "language": "en"}).status_code == 303
    )
    assert operator.post(f"/customers/{customer.number}/reseller", {"resells": "on", "reseller": ""}).status_code == 303
    customer.refresh_from_db()
    assert (customer.name, customer.language, customer.resells) == ("Schürzen", "en", True)
    assert "Schürzen" in members.text(operator.get("/customers", {"search": "ÜRZ"}))


def test_a_reseller_sees_their_own_only(house: House) -> None:
    number = house.run("accounts.create", name="Wiederverkauf Öz").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    reseller = members.client_of(members.person(User.RESELLER, number))
    page = members.text(reseller.get("/customers"))
    assert "Bäckerei Müller" in page and "Gärtnerei Grün" not in page
    assert "<h1>Overview</h1>" in members.text(reseller.get("/"))
    assert reseller.get(f"/customers/{house.gardener.customer}").status_code == 404
    assert reseller.get(f"/customers/{house.baker.customer}/reseller").status_code == 403
    assert reseller.get("/plans").status_code == reseller.get("/nodes").status_code == 403


def test_a_customer_is_told_who_looks_after_them(house: House) -> None:
    owner, path = members.owner(house.baker), f"/customers/{house.baker.customer}"
    assert "the house itself" in members.text(owner.get(path))
    number = house.run("accounts.create", name="Wiederverkauf Öz").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    assert "Wiederverkauf Öz" in members.text(owner.get(path))
    assert owner.get(f"/customers/{number}").status_code == 404


def test_an_accountant_begins_with_the_customer(house: House) -> None:
    accountant = members.client_of(members.person(User.MEMBER, house.baker.customer, "accountant"))
    path = f"/customers/{house.baker.customer}"
    assert accountant.get("/")["Location"] == path
    assert accountant.get(path).status_code == 200 and accountant.get(f"{path}/change").status_code == 403


def test_the_trail_shows_what_was_done_and_for_whom(house: House) -> None:
    house.run("domains.add", subscription=house.mine, name="grüße-aus-köln.test")
    owner = members.owner(house.baker)
    page = members.text(owner.get(f"/customers/{house.baker.customer}/audit"))
    assert "domains.add" in page and "grüße-aus-köln.test" in page and "Gärtnerei" not in page
    assert "domains.add" not in members.text(owner.get(f"/customers/{house.baker.customer}/audit?verb=nodes.retry"))
    assert owner.get("/audit").status_code == 403
