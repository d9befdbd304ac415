"""Customers, and how they are named."""

import pytest
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House, settle

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.accounts.models import Customer
from gasthof.slices.accounts.queries import as_actor, find_customer

pytestmark = [pytest.mark.django_db, pytest.mark.quick]


furnished_once, house = made_once(settle)


def test_a_customer_is_taken_on_and_changed(house: House) -> None:
    number = house.run("accounts.create", name="  Töpferei Öz & Co  ", language="en").result["customer"]
    assert Customer.objects.get(number=number).name == "Töpferei Öz & Co"
    house.run("accounts.change", customer=number, name="Töpferei Öz")
    row = Customer.objects.get(number=number)
    assert (row.name, row.language) == ("Töpferei Öz", "en")
    house.run("accounts.change", as_actor(row), customer="Töpferei Öz", language="de")
    assert Customer.objects.get(number=number).language == "de"


def test_a_customer_knows_themselves_only(house: House) -> None:
    assert find_customer(house.baker, "Bäckerei Müller") is not None
    assert find_customer(house.baker, "Gärtnerei Grün") is None
    assert find_customer(house.baker, str(house.gardener.customer)) is None


@pytest.mark.parametrize("text", ["0", "-1", "99999999999", "2147483648", "٣", "", "1 ", "1.0", "s000001"])
def test_no_such_customer(house: House, text: str) -> None:
    assert find_customer(OPERATOR, text) is None


def test_a_name_that_two_have_names_none(house: House) -> None:
    house.run("accounts.create", name="Bäckerei Müller")
    assert find_customer(OPERATOR, "Bäckerei Müller") is None
    assert find_customer(house.baker, "Bäckerei Müller") is not None


def test_a_language_is_one_of_two(house: House) -> None:
    with pytest.raises(ActionRefused) as refused:
        house.run("accounts.create", name="Atelier", language="fr")
    assert [error.field for error in refused.value.errors] == ["language"]
