"""Pages of registered domain names: for everybody what is theirs, from the first order to the restoration."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.readers import operator, owner, stranger

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.registrar.models import Operation, Registration
from gasthof.slices.registrar.tests.conftest import Scene
from gasthof.slices.registrar.tests.examples import ADDRESS

pytestmark = pytest.mark.django_db
NAME = "/names/xn--bckerei-5wa.info/"
STEPS = ("", "renew", "lock/on", "lock/off", "code", "code/show", "cancel", "price", "restore")


def listed(scene: Scene) -> str:
    return f"/customers/{scene.house.baker.customer}/names/"


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", answer.content.decode())


def test_every_page_for_who_may(scene: Scene) -> None:
    scene.register("bäckerei.info")
    pages = [NAME + step for step in STEPS] + [listed(scene) + step for step in ("", "register", "transfer", "contact")]
    boss, mine, other = operator(), owner(scene.house), stranger(scene.house)
    for page in pages:
        assert [client.get(page).status_code for client in (boss, mine, other)] == [200, 200, 404], page
    for page in (NAME + "release", "/registry/operations"):
        assert [client.get(page).status_code for client in (boss, mine)] == [200, 403], page
    assert mine.get(NAME + "lock/maybe").status_code == boss.get("/names/fehlt.info/").status_code == 404


def test_from_the_first_contact_to_a_name(scene: Scene) -> None:
    client = owner(scene.house)
    assert client.post(listed(scene) + "contact", {**ADDRESS, "country": "Österreich"}).status_code == 422
    assert client.post(listed(scene) + "contact", ADDRESS).status_code == 303
    typed = {"name": "Bäckerei.info", "years": "2", "holder": str(scene.contact)}
    answer = client.post(listed(scene) + "register", typed)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (303, NAME)
    assert "Under way at the registry: Register." in text(client, NAME)
    scene.settle()
    assert "bäckerei.info" in text(client, listed(scene)) and "1000 Command completed" in text(client, NAME)


def test_a_refusal_is_told_in_the_registrys_words(scene: Scene) -> None:
    scene.register("bäckerei.info")
    scene.registry.fail("renew", "refused")
    assert owner(scene.house).post(NAME + "renew", {"years": "1"}).status_code == 303
    scene.settle()
    words = "2304 Object status prohibits operation"
    assert words in text(owner(scene.house), NAME)
    assert words in text(operator(), "/registry/operations")


def test_a_deleted_name_is_restored_once_its_price_is_known(scene: Scene) -> None:
    client = owner(scene.house)
    scene.register("bäckerei.info")
    assert client.post(NAME + "cancel", {"consent": "Brief"}).status_code == 303
    scene.settle()
    page = text(client, NAME)
    assert "It is deleted and out of the DNS." in page and f"{NAME}price" in page and f"{NAME}restore" not in page
    client.post(NAME + "price")
    scene.settle()
    assert "91.00 EUR" in text(client, NAME)
    assert client.post(NAME + "restore", {"reason": "Versehen"}).status_code == 303
    scene.settle()
    assert scene.registration("bäckerei.info").statuses == ["ok"]


def test_the_code_is_shown_in_the_answer_alone(scene: Scene) -> None:
    client = owner(scene.house)
    scene.register("bäckerei.info")
    scene.ask("new_code", "bäckerei.info")
    code = scene.run("show_code", registration="bäckerei.info").result["code"]
    assert code in client.post(NAME + "code/show").content.decode()
    assert code not in text(client, NAME) + text(client, listed(scene)) + text(client, NAME + "code/show")


def test_operators_have_an_operation_looked_into(scene: Scene) -> None:
    scene.register("bäckerei.info")
    scene.registry.fail("renew", "lost")
    operation = scene.ask("renew", "bäckerei.info")
    at = f"/registry/operations/{operation.pk}/retry"
    assert at in text(operator(), "/registry/operations") and owner(scene.house).get(at).status_code == 403
    assert operator().post(at).status_code == 303
    scene.wall.at = datetime.now(UTC)
    scene.settle()
    assert Operation.objects.get(pk=operation.pk).state == "done"


def test_a_list_takes_as_many_queries_for_one_as_for_many(scene: Scene) -> None:
    client, counts = owner(scene.house), []
    for number in range(3):
        scene.register(f"bäckerei-{number}.info")
        client.get(listed(scene))
        with CaptureQueriesContext(connection) as queries:
            client.get(listed(scene))
        counts.append(len(queries))
    assert len(set(counts)) == 1 and Registration.objects.count() == 3


def test_a_renewal_beyond_the_longest_term_is_not_offered(scene: Scene) -> None:
    scene.register("bäckerei.info")
    client, door = owner(scene.house), f'href="{NAME}renew"'
    assert door in text(client, NAME)
    in_ten_years = SYSTEM_CLOCKS.business.now().date() + timedelta(days=3640)
    Registration.objects.update(ends=in_ten_years)
    page = text(client, NAME)
    assert door not in page and f'href="{NAME}lock/' in page


def test_an_order_for_a_term_that_the_registry_does_not_take_is_refused_beside_its_field(scene: Scene) -> None:
    client = owner(scene.house)
    typed = {"name": "bäckerei.at", "years": "2", "holder": str(scene.contact)}
    answer = client.post(listed(scene) + "register", typed)
    assert answer.status_code == 422 and "Below .at a term is one year." in answer.content.decode()
    assert not Registration.objects.exists()
