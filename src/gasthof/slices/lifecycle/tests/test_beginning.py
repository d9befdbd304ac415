"""Services begun on pages, and the subservers of one."""

from datetime import date, timedelta

import pytest
from tests.house import OPERATOR, House, settle
from tests.readers import operator, owner

from gasthof.kernel.actions import perform
from gasthof.slices.lifecycle.models import Service

NAME = "grüße-aus-köln.test"
LATER = (date.today() + timedelta(days=200)).isoformat()


@pytest.fixture
def house(db: None) -> House:
    return settle()


def typed(**more: str) -> dict[str, str]:
    return {"type": "vms", "name": NAME, "first_unpaid": LATER, "subscription": "", "parent": ""} | more


@pytest.mark.parametrize("everybodys", [False, True])
def test_an_operator_begins_a_service_and_is_told_what_is_next(house: House, everybodys: bool) -> None:
    customer = house.baker.customer
    at, who = (
        ("/services/new", {"customer": str(customer)}) if everybodys else (f"/customers/{customer}/services/new", {})
    )
    assert (
        f'href="{at}"'
        in operator().get("/services/" if everybodys else f"/customers/{customer}/services").content.decode()
    )
    wrong = operator().post(at, typed(first_unpaid="", **who))
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert (
        f'value="{NAME}"' in page and "Say until when it is paid." in page and 'id="field-first_unpaid_error"' in page
    )
    client = operator()
    done = client.post(at, typed(**who))
    row = Service.objects.get(unicode=NAME)
    assert done.status_code == 303 and done["Location"].startswith(f"/services/{row.pk}/?")
    page = client.get(done["Location"]).content.decode()
    assert "agree on a price next" in page and f'class="button primary" href="/services/{row.pk}/price"' in page
    assert owner(house).get(at).status_code in (403, 404)
    assert "/services/new" not in owner(house).get(f"/customers/{customer}/services").content.decode()


def test_subservers_of_a_service_and_how_one_is_added(house: House) -> None:
    fields = {"customer": house.baker.customer, "type": "vms", "name": "Brötchenturm", "first_unpaid": LATER}
    parent = perform(OPERATOR, "lifecycle.begin", fields).result["service"]
    at = f"/services/{parent}/subservers/"
    assert f'href="{at}"' in owner(house).get(f"/services/{parent}/").content.decode()
    page = operator().get(at).content.decode()
    assert "No subserver yet" in page and f'href="{at}add"' in page
    assert "Add subserver" not in owner(house).get(at).content.decode()
    form = operator().get(f"{at}add").content.decode()
    assert f'value="{house.mine}"' in form and "is free" not in form
    assert operator().post(f"{at}add", {"name": NAME, "subscription": ""}).status_code == 422
    done = operator().post(f"{at}add", {"name": NAME, "subscription": house.mine})
    row = Service.objects.get(parent=parent)
    assert done["Location"].startswith(f"/services/{row.pk}/?") and row.subscription.system_name == house.mine
    house.run("subscriptions.suspend", subscription=house.mine)
    for client in (operator(), owner(house)):
        page = client.get(at).content.decode()
        assert NAME in page and house.mine in page and "switched off by hand" in page
    assert "suspended by hand" in operator().get(f"/services/{row.pk}/").content.decode()
    assert "no subscription of this customer is free" in operator().get(f"{at}add").content.decode()
    assert operator().get(f"/services/{row.pk}/subservers/").status_code == 404
