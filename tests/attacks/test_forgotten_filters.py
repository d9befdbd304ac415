"""What another customer gets at when the layer above the database fails: views without a filter, look-ups that ask nobody."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

import gasthof.urls
from gasthof.kernel import collection, registry, rows
from gasthof.kernel.actions import actions, perform
from gasthof.kernel.collection import Ask, collections
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.models import User
from tests.habits.examples import DOMAIN, OTHERS_DOMAIN, examples, person, prepare
from tests.habits.owners import HOUSES, filled_once, house, houses, owned, table, theirs
from tests.habits.test_permissions import VERBS, state
from tests.house import House
from tests.members import client_of, member, owner
from tests.members import person as somebody
from tests.programs import Program

__all__ = ["filled_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db
OWNED = owned()
OF_THE_HOUSE = {
    "nodes.adopt", "nodes.preview", "nodes.release", "nodes.retry", "renewals.drop_price", "subscriptions.change_plan",
}  # fmt: skip
BY_TABLE = {table(model): model for model in OWNED}
LISTS = {  # that customers may read; the house's own are closed to them by their permission
    name: model
    for name, each in collections().items()
    if "owner" in registry.grants()[each.permission] and (model := each.find(Ask(SYSTEM, ())).model) in OWNED
}


@login_not_required
def everything(request: HttpRequest) -> HttpResponse:
    """All rows of each table, as a view shows them that asks for all."""
    return HttpResponse(
        json.dumps({name: [str(row.pk) for row in model.objects.all()] for name, model in BY_TABLE.items()})
    )


@login_not_required
def ruin(request: HttpRequest) -> HttpResponse:
    """Whatever a view could do to all rows of each table; which it could."""
    done = [f"{what} {name}" for name, model in BY_TABLE.items() for what, work in WAYS.items() if _does(work, model)]
    return HttpResponse(json.dumps(done))


def _does(work: Callable, model: type) -> bool:
    try:
        with transaction.atomic():
            return bool(work(model))
    except Error:
        return False


def _copy(model: type) -> bool:
    for row in model.objects.all()[:1]:
        row.pk = 999_999
        row.save(force_insert=True)
        return True
    return False


WAYS = {
    "change": lambda model: model.objects.update(**{model._meta.pk.attname: 999_999}),
    "delete": lambda model: model.objects.all()._raw_delete("default"),
    "copy": _copy,
}
urlpatterns = [path("everything", everything), path("ruin", ruin), *gasthof.urls.urlpatterns]


def acting(house: House) -> Client:
    client = client_of(somebody(User.OPERATOR))
    answer = client.post(f"/customers/{house.baker.customer}/act")
    assert answer.status_code == 302
    return client


def resold(house: House) -> Client:
    """A reseller of the baker."""
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    return client_of(somebody(User.RESELLER, number))


CLIENTS: dict[str, Callable[[House], Client]] = {
    "owner": lambda house: owner(house.baker),
    "webmaster of one domain": lambda house: member(house.baker, "webmaster", DOMAIN),
    "reseller": resold,
    "operator in their place": acting,
    "nobody": lambda house: client_of(None),
}


WRITTEN_ONCE = (
    "kernel_auditentry", "lifecycle_event", "billing_entry", "billing_receipt", "billing_settled", "billing_creditnote",
    "cases_step", "requests_step",
)  # fmt: skip


def keys(customer: int | None) -> dict[str, set[str]]:
    return {table(model): {str(key) for key in theirs(model, way, customer)} for model, way in OWNED.items()}


@pytest.fixture
def routes(settings: object) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    yield


@pytest.mark.parametrize("who", CLIENTS)
def test_a_view_that_forgot_its_filter_shows_nothing_of_anothers(house: House, routes: None, who: str) -> None:
    client = CLIENTS[who](house)
    mine, others = keys(house.baker.customer), keys(house.gardener.customer)
    found = json.loads(client.get("/everything").content)
    for name, listed in found.items():
        assert others[name], name
        assert not others[name] & set(listed), name
        assert who == "nobody" or mine[name] <= set(listed), name
    assert who != "nobody" or not any(found.values())


@pytest.mark.parametrize("who", CLIENTS)
def test_a_view_that_forgot_it_shows_nothing_that_the_house_keeps_to_itself(
    house: House, routes: None, who: str
) -> None:
    found = json.loads(CLIENTS[who](house).get("/everything").content)
    for name in HOUSES:
        kept = {str(key) for key in houses(BY_TABLE[name])}
        assert kept, name
        assert not kept & set(found[name]), name


@pytest.mark.parametrize("who", CLIENTS)
def test_a_view_changes_no_row_but_by_a_verb(house: House, routes: None, who: str) -> None:
    client = CLIENTS[who](house)
    before = keys(house.gardener.customer)
    assert json.loads(client.get("/ruin").content) == []
    assert keys(house.gardener.customer) == before


def test_the_view_would_ruin_what_it_could(house: House, routes: None) -> None:
    """For an operator there is no wall, so that the two above could fail."""
    client = client_of(somebody(User.OPERATOR))
    others = keys(house.gardener.customer)
    found = json.loads(client.get("/everything").content)
    assert all(others[name] <= set(listed) for name, listed in found.items())
    assert all({str(key) for key in houses(BY_TABLE[name])} <= set(found[name]) for name in HOUSES)
    could = {f"delete {name}" for name in BY_TABLE} - {f"delete {name}" for name in WRITTEN_ONCE}
    assert could <= set(json.loads(client.get("/ruin").content))
    transaction.set_rollback(
        True
    )  # what is written once outlives what it tells of here: nobody checks that they fit together


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_the_api_that_forgot_its_filter(house: House, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    baker, gardener = Program.of(person(DOMAIN)), Program.of(person(OTHERS_DOMAIN))
    chosen = collections()[name]
    find = lambda ask: LISTS[name].objects.all()  # noqa: E731
    monkeypatch.setitem(collection._collections, name, replace(chosen, find=find))
    shown = [program.get(f"/{name}", {"limit": 200}) for program in (baker, gardener)]
    assert [answer.status_code for answer in shown] == [200, 200]
    mine, others = ({json.dumps(item) for item in answer.json()["items"]} for answer in shown)
    assert mine
    assert others
    assert not mine & others


@pytest.fixture
def no_first_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its questions is answered by yes."""
    for module in [each for name, each in sys.modules.items() if name.startswith("gasthof.")]:
        for question in ("reaches", "allowed", "holds"):
            if hasattr(module, question):
                monkeypatch.setattr(module, question, lambda *_: True)
        if hasattr(module, "narrowed"):
            monkeypatch.setattr(module, "narrowed", lambda *_: ())


@pytest.mark.long
@pytest.mark.parametrize("verb", [verb for verb in VERBS if actions()[verb].on and verb not in OF_THE_HOUSE])
def test_a_verb_whose_look_ups_ask_nobody(house: House, no_first_wall: None, verb: str) -> None:
    prepare(house, verb)
    fields, before = examples(house)[verb], state()
    with pytest.raises(ActionRefused, match="There is no such object"):
        perform(house.gardener, verb, fields)
    assert state() == before


def test_without_either_wall_it_would_be_done(
    house: House, no_first_wall: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "rows_of", lambda _: rows.EVERYBODYS)
    prepare(house, "domains.delete")
    perform(house.gardener, "domains.delete", examples(house)["domains.delete"])
