"""The API against everybody: the matrix of verbs and roles by tokens, and what other panels' APIs fell to."""

import json

import jsonschema_rs
import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from gasthof.api.body import LARGEST
from gasthof.api.service import described
from gasthof.kernel import registry
from gasthof.kernel.actions import actions
from gasthof.kernel.capability import Bearer
from gasthof.kernel.collection import collections
from gasthof.kernel.permissions import Actor, Grant, Place
from gasthof.slices.access.models import User
from tests.attacks.test_panel import METHODS, routes
from tests.habits.examples import DOMAIN, OTHERS_DOMAIN, examples, person, prepare
from tests.habits.furnished import furnished_once, house
from tests.habits.test_permissions import CUSTOMERS, IN_PERSON, PANELS, RESELLERS, VERBS, WHILE_SUSPENDED, state
from tests.house import House
from tests.programs import ROOT, STRANGER, Program, people

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.long]
ADD = "/verbs/domains.add"


@pytest.fixture
def operator(house: House) -> Program:
    return Program.of(people(User.OPERATOR, None, "betrieb"))


@pytest.fixture
def baker(house: House) -> Program:
    return Program.of(person(DOMAIN))


@pytest.fixture
def gardener(house: House) -> Program:
    return Program.of(person(OTHERS_DOMAIN))


@pytest.fixture
def dealer(house: House) -> Program:
    """A reseller, who looks after the baker and not after the gardener."""
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    return Program.of(people(User.RESELLER, number, "haendler"))


def attempt(program: Program, house: House, verb: str) -> int:
    answer = program.run(verb, examples(house)[verb])
    assert answer["Content-Type"] == ("application/json" if answer.status_code == 200 else "application/problem+json")
    return answer.status_code


def taken_back(program: Program, house: House, verb: str) -> int:
    """As `attempt`, and what was done is undone."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        status = attempt(program, house, verb)
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    return status


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_does(house: House, operator: Program, baker: Program, dealer: Program, verb: str) -> None:
    prepare(house, verb)
    own = verb in ("access.create_token", "webhooks.add")  # for oneself only: here the baker's person
    assert taken_back(operator, house, verb) == (403 if verb in PANELS else 422 if own or verb in IN_PERSON else 200)
    assert taken_back(baker, house, verb) == (200 if verb in CUSTOMERS else 403)
    theirs = verb in CUSTOMERS | RESELLERS
    own = verb.endswith("_token") or verb.startswith("webhooks.") or verb in IN_PERSON
    assert taken_back(dealer, house, verb) == ((422 if own else 200) if theirs else 403)


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_else_does(
    house: House, baker: Program, gardener: Program, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers, another customer, a token for another verb, and one for another place."""
    prepare(house, verb)
    other = next(each for each in VERBS if each != verb)
    elsewhere = f"subscription:{house.other}" if house.other else ""
    programs = [STRANGER, Program(baker.secret[:-1] + "!"), gardener, Program.of(person(DOMAIN), verbs=other),
                Program.of(person(DOMAIN), places=elsewhere)]  # fmt: skip
    for program in programs:
        program.get("/openapi.json")  # its use is noted here, and not again within a minute
    assert [attempt(each, house, verb) for each in programs[:2]] == [401, 401]  # which is counted
    before = state()
    assert attempt(gardener, house, verb) == (422 if verb in CUSTOMERS else 403)
    assert attempt(programs[3], house, verb) == 403
    assert attempt(programs[4], house, verb) == (422 if verb in CUSTOMERS else 403)
    with monkeypatch.context() as patch:
        patch.setattr(registry, "bearer", lambda *given: Bearer(1, without(house, verb), lambda: None))
        assert attempt(baker, house, verb) in (403, 422)
    assert state() == before


def without(house: House, verb: str) -> Actor:
    """One of the baker's users, who has every permission but that verb's."""
    others = frozenset(registry.grants()) - {actions()[verb].permission}
    return Actor("user", house.baker.customer, grants=(Grant(others, Place(house.baker.customer)),), name="user:1")


@pytest.mark.parametrize("verb", sorted(CUSTOMERS))
def test_the_owner_of_a_suspended_subscription(house: House, baker: Program, verb: str) -> None:
    prepare(house, verb)
    house.run("subscriptions.suspend", subscription=house.mine)
    assert attempt(baker, house, verb) == (200 if verb in WHILE_SUSPENDED else 422)


@pytest.mark.parametrize("name", sorted(collections()))
def test_lists_show_what_is_theirs(
    house: House, operator: Program, baker: Program, gardener: Program, name: str
) -> None:
    """Nobody else's things, nor by scopes of others; a token for another list reads nothing."""
    assert STRANGER.get(f"/{name}").status_code == 401
    assert operator.get(f"/{name}").status_code == 200
    may = "owner" in registry.grants()[collections()[name].permission]
    assert Program.of(person(DOMAIN), verbs=f"{name}.list").get(f"/{name}").status_code == (200 if may else 403)
    assert Program.of(person(DOMAIN), verbs="domains.add").get(f"/{name}").status_code == 403
    if may:
        text = baker.get(f"/{name}").content.decode()
        assert house.other not in text and "gärtnerei" not in text and "grtnerei" not in text
        theirs = {"subscription": house.other}, {"customer": house.gardener.customer}, {"domain": OTHERS_DOMAIN}
        assert [baker.get(f"/{name}", query).json()["items"] for query in theirs] == [[], [], []]


def test_pages_of_a_list(house: House, baker: Program) -> None:
    """Each row once, by `after` and by the link."""
    for name in "abc":
        house.run("domains.add", subscription=house.mine, name=f"{name}-brötchen.test")
    whole = [row["domain"] for row in baker.get("/domains").json()["items"]]
    first = baker.get("/domains", {"limit": 2, "search": ""})
    second = baker.get("/domains", {"limit": 2, "after": first.json()["after"]})
    assert first["Link"].endswith('>; rel="next"')
    linked = Client().get(first["Link"].split(">")[0][1:], headers={"Authorization": f"Bearer {baker.secret}"})
    assert linked.json() == second.json() and second.json()["after"] is None
    assert [row["domain"] for page in (first, second) for row in page.json()["items"]] == whole and len(whole) == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=٣", "limit"), ("customer=0x1", "customer"),
     ("customer=99999999999", "customer"), ("subscription='--", "subscription"), ("domain=%00", "domain"), ("after=x", "after"),
     ("after=bnVsbA", "after"), ("after=" + "W" * 2_000, "after"), ("search=%00", "search"), ("search=" + "a" * 101, "search"),
     ("limit=1&limit=2", "limit"), ("order=id", "order"), ("customer__name=x", "customer__name"), ("after=WyJcdTAwMDAiXQ", "after")],
)  # fmt: skip
def test_lists_refuse_other_questions(baker: Program, query: str, field: str) -> None:
    answer = Client().get(f"{ROOT}/domains?{query}", headers={"Authorization": f"Bearer {baker.secret}"})
    assert answer.status_code == 422 and [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("word", ["'", "%", "_", "\\", "' OR 1=1 --", "); DROP TABLE domains_domain; --", "gärtner"])
def test_a_search_stays_a_search(house: House, baker: Program, word: str) -> None:
    answer = baker.get("/domains", {"search": word})
    assert answer.status_code == 200 and "gärtner" not in answer.content.decode()


@pytest.mark.parametrize("method", METHODS)
def test_methods(operator: Program, method: str) -> None:
    """Verbs are POST alone, reading is GET alone, and no method is taken for another."""
    found = [route.removeprefix("api/v1") for route in routes(get_resolver()) if route.startswith("api/v1/")]
    assert len(found) == len(actions()) + len(collections()) + 2
    for route in found:
        answer = operator.send(method, route, b"", X_HTTP_Method_Override="POST")
        if method == ("POST" if route.startswith("/verbs/") else "GET"):
            assert answer.status_code in (200, 403, 415, 422), route
        else:
            assert answer.status_code == 405, (route, method)
            assert method == "HEAD" or answer.json()["status"] == 405


BODIES: list[tuple[bytes, int]] = [
    (b"{", 400), (b"[]", 400), (b"null", 400), (b'"x"', 400), (b"1", 400), (b'{"a": NaN}', 400),
    (b'{"name": Infinity}', 400), (b'{"name": "a", "name": "b"}', 400), (b'{"name": "\\ud800"}', 400),
    (b'{"\\ud800": "x"}', 400), (b'{"name": "\xff"}', 400), (b"\xef\xbb\xbf{}", 400), (b"{}{}", 400), (b"{'name': 'x'}", 400),
    (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400), (b'{"name": ' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001, 400),
    (b'{"name": ' + b"9" * 10_000 + b"}", 400), (b'{"name": 1e999}', 422), (b'{"name": [[[[[]]]]]}', 400),
    (b'{"name": "' + b"x" * LARGEST + b'"}', 413), (b"{}", 422), (b'{"__proto__": {"a": 1}}', 422), (b'{"name": {}}', 422),
    (b'{"pk": 1, "customer": 1, "state": "active"}', 422), (b'{"name": "a\\r\\nb.test"}', 422), (b'{"name": "a\\u0000.test"}', 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: str(value)[:30])
def test_bodies(house: House, baker: Program, body: bytes, status: int) -> None:
    baker.get("/openapi.json")
    before = state()
    answer = baker.send("POST", ADD, body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status and "Traceback" not in answer.content.decode()
    assert state() == before


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", "application/xml",
     "application/json; charset=utf-16", "application/jsonp", "application/json, text/plain", "application/merge-patch+json"],
)  # fmt: skip
def test_only_json_is_taken(house: House, baker: Program, content_type: str) -> None:
    body = json.dumps({"subscription": house.mine, "name": "törtchen.test"}).encode()
    assert baker.send("POST", ADD, body, content_type).status_code == 415
    assert baker.send("POST", ADD, body, "Application/JSON; charset=UTF-8").status_code == 200


@pytest.mark.parametrize("verb", VERBS)
def test_no_field_beside_those_of_the_verb(house: House, operator: Program, verb: str) -> None:
    prepare(house, verb)
    extra = {
        "pk": 1,
        "id": 1,
        "call": {},
        "actor": "operator",
        "customer__name": "x",
        "__class__": "x",
        "uid": 0,
        "clocks": None,
    }
    unknown = extra.keys() - {field.name for field in actions()[verb].fields}
    answer = operator.run(verb, {**examples(house)[verb], **{name: extra[name] for name in unknown}})
    if verb in PANELS:
        assert answer.status_code == 403
        return
    assert answer.status_code == 422 and {each["field"] for each in answer.json()["errors"]} == unknown


@pytest.mark.parametrize("verb", VERBS)
def test_examples_are_as_documented(house: House, verb: str) -> None:
    body = json.loads(described())["paths"][f"{ROOT}/verbs/{verb}"]["post"]["requestBody"]["content"][
        "application/json"
    ]
    fields = {field.name: field for field in actions()[verb].fields}
    switches = {"yes": True, "no": False}
    given = {
        name: switches[str(value)] if fields[name].shape == "switch" else value
        for name, value in examples(house)[verb].items()
    }
    jsonschema_rs.validate(body["schema"], given)
    for field in fields.values():
        told = body["schema"]["properties"][field.name]
        assert told["description"] and told.get("writeOnly", False) == field.secret


@pytest.mark.parametrize(
    "header", ["Basic YTpi", "Bearer", "Bearer ", "bearer\tx", "Bearer x\x00y", "Bearer " + "x" * 100_000, "Bearer ü"]
)
def test_what_is_no_token(house: House, header: str) -> None:
    answer = Client().get(f"{ROOT}/domains", headers={"Authorization": header})
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")


def test_a_session_changes_nothing(house: House) -> None:
    """Whoever is signed in in a browser can be made to send a request; reading the document is all that it is good for."""
    browser = Client(enforce_csrf_checks=False)
    browser.force_login(people(User.OPERATOR, None, "betrieb"), "allauth.account.auth_backends.AuthenticationBackend")
    body = {"subscription": house.mine, "name": "törtchen.test"}
    assert browser.post(ROOT + ADD, body, "application/json").status_code == 401
    assert browser.get(f"{ROOT}/domains").status_code == 401
    assert browser.get(f"{ROOT}/openapi.json").status_code == 200


def test_unknown_addresses(baker: Program) -> None:
    for path in (
        "/nothing",
        "/verbs/domains.nothing",
        "/verbs/",
        "/domains/",
        "/verbs/../domains",
        "/verbs/domains.add/",
    ):
        answer = baker.get(path)
        assert answer.status_code == 404 and answer.json()["status"] == 404, path
    forged = Client().get(f"{ROOT}/domains", headers={"Host": "evil.example"})
    assert forged.status_code == 400 and forged["Content-Type"] == "application/problem+json"


def test_an_accident_tells_nothing(baker: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object, **more: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("gasthof.api.views.read", broken)
    answer = baker.get("/domains")
    assert answer.status_code == 500 and answer.json()["title"] == "Internal Server Error"
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("de", "gibt es nicht"),
        ("de-AT,en;q=0.5", "gibt es nicht"),
        ("en", "There is no such"),
        ("fr", "gibt es nicht"),
        ("", "gibt es nicht"),
    ],
)
def test_the_language_asked_for_or_the_persons(house: House, baker: Program, asked: str, words: str) -> None:
    answer = baker.run("domains.add", {"subscription": house.other, "name": "x.test"}, Accept_Language=asked)
    assert words in answer.json()["errors"][0]["message"]


def test_a_ticket_is_good_for_its_token_only(house: House, baker: Program) -> None:
    done = baker.run("domains.add", {"subscription": house.mine, "name": "törtchen.test"}).json()
    assert done["told"] and done["told"][0].keys() == {"node", "kind", "key", "revision"}
    answer = baker.get("/changes", {"ticket": done["ticket"]}).json()
    assert answer["state"] == "pending" and len(answer["items"]) == len(done["told"])
    another = Program.of(person(DOMAIN))
    for program, ticket in ((another, done["ticket"]), (baker, done["ticket"][:-1]), (baker, ""), (baker, "x" * 9_000)):
        assert program.get("/changes", {"ticket": ticket}).status_code == 422
    assert STRANGER.get("/changes", {"ticket": done["ticket"]}).status_code == 401


def test_a_token_never_has_more_than_its_person(house: House, baker: Program) -> None:
    user = person(DOMAIN)
    User.objects.filter(pk=user.pk).update(active=False)
    assert baker.get("/domains").status_code == 401
    User.objects.filter(pk=user.pk).update(active=True)
    assert baker.get("/domains").status_code == 200


def test_an_operators_limited_token_changes_nothing_of_the_house(house: House) -> None:
    limited = Program.of(people(User.OPERATOR, None, "betrieb"), places=f"customer:{house.baker.customer}")
    for verb in ("nodes.retry", "subscriptions.change_plan", "accounts.create", "subscriptions.create_plan"):
        assert limited.run(verb, examples(house)[verb]).status_code == 403, verb
    assert limited.run("domains.add", examples(house)["domains.add"]).status_code == 200
    for name in ("nodes", "plans"):
        assert limited.get(f"/{name}").json()["items"] == []
    assert [row["customer"] for row in limited.get("/customers").json()["items"]] == [house.baker.customer]
