"""Each page of the panel's menu and each form behind it, for every role: nobody sees what is not theirs, and nothing breaks."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from tests import members
from tests.habits.furnished import made_once
from tests.house import House, settle

from gasthof.kernel.values import DomainName
from gasthof.slices.subscriptions.models import Export, Plan, Subscription
from gasthof.slices.web.models import Alias, ProtectedDirectory, ProtectedUser

pytestmark = pytest.mark.django_db
NAME = "grüße-aus-köln.test"
BAKERY = DomainName.parse("bäckerei-müller.test").ascii


def settled() -> House:
    house = settle()
    for place, name in ((house.mine, "bäckerei-müller.test"), (house.other, "gärtnerei-grün.test")):
        house.run("domains.add", subscription=place, name=name)
    house.run("web.protect", subscription=house.mine, path="web/intern", title="Büro")
    house.run(
        "web.add_protected_user", subscription=house.mine, path="web/intern", name="anna", password="Sehr-geheim-7!"
    )
    house.run("subscriptions.export", subscription=house.mine)
    return house


furnished_once, house = made_once(settled)


def places(house: House) -> dict[str, object]:
    return {
        "c": house.baker.customer, "s": house.mine, "d": BAKERY, "plan": Plan.objects.first().pk, "x": Export.objects.get().name,
        "p": ProtectedDirectory.objects.get().pk, "u": ProtectedUser.objects.get().pk, "a": Alias.objects.first().pk,
    }  # fmt: skip


HOUSE = ("/customers", "/customers/new", "/audit", "/subscriptions", "/domains")
OPERATORS = ("/plans", "/plans/new", "/plans/{plan}", "/nodes", "/nodes/local", "/nodes/local/plan", "/nodes/local/retry", "/nodes/local/adopt",
             "/nodes/local/release")  # fmt: skip
MANAGED = (
    "/customers/{c}/subscriptions/new", "/subscriptions/{s}/suspend", "/subscriptions/{s}/resume", "/subscriptions/{s}/delete",
    "/subscriptions/{s}/export", "/customers/{c}/exports/{x}/import", "/customers/{c}/exports/{x}/delete",
)  # fmt: skip
OWN = (
    "/customers/{c}", "/customers/{c}/change", "/customers/{c}/audit", "/customers/{c}/subscriptions",
    "/subscriptions/{s}", "/subscriptions/{s}/domains/new", "/subscriptions/{s}/protected/new",
    "/subscriptions/{s}/protected", "/subscriptions/{s}/protected/{p}", "/subscriptions/{s}/protected/{p}/title",
    "/subscriptions/{s}/protected/{p}/end", "/subscriptions/{s}/protected/{p}/users/new",
    "/subscriptions/{s}/protected/{p}/users/{u}/password", "/subscriptions/{s}/protected/{p}/users/{u}/remove",
    "/domains/{d}/delete", "/domains/{d}/subdomains/new",
)  # fmt: skip
SHARED = (
    "/customers/{c}/domains", "/subscriptions/{s}/websites", "/domains/{d}", "/domains/{d}/hosting", "/domains/{d}/php",
    "/domains/{d}/names", "/domains/{d}/names/new", "/domains/{d}/names/{a}/remove",
)  # fmt: skip
ONLY_READ = {"/customers/{c}/domains"}


def paths(house: House, *listed: tuple[str, ...]) -> Iterator[str]:
    for each in listed:
        yield from (path.format(**places(house)) for path in each)


def statuses(client: Client, found: Iterator[str]) -> dict[str, int]:
    return {path: client.get(path).status_code for path in found}


def test_the_operator_sees_all(house: House) -> None:
    found = statuses(members.operator(), paths(house, HOUSE, OPERATORS, MANAGED, OWN, SHARED))
    assert {path: status for path, status in found.items() if status != 200} == {}


def test_the_owner_sees_what_is_theirs(house: House) -> None:
    client = members.owner(house.baker)
    found = statuses(client, paths(house, OWN, SHARED))
    assert {path: status for path, status in found.items() if status != 200} == {}
    denied = statuses(client, paths(house, HOUSE, OPERATORS, MANAGED))
    assert {path: status for path, status in denied.items() if status not in (403, 404)} == {}


def test_another_customer_finds_nothing(house: House) -> None:
    found = statuses(members.owner(house.gardener), paths(house, MANAGED, OWN, SHARED))
    assert {path: status for path, status in found.items() if status != 404} == {}


def test_the_webmaster_of_one_domain(house: House) -> None:
    house.run("domains.add", subscription=house.mine, name=NAME)
    client = members.member(house.baker, "webmaster", BAKERY)
    found = statuses(client, paths(house, SHARED))
    assert {path: status for path, status in found.items() if status != 200} == {}
    denied = statuses(client, paths(house, HOUSE, OPERATORS, MANAGED, OWN))
    assert {path: status for path, status in denied.items() if status not in (403, 404)} == {}
    assert "köln" not in members.text(client.get(f"/subscriptions/{house.mine}/websites"))


@pytest.mark.parametrize("who", ["operator", "owner", "webmaster", "read only", "mail administrator"])
def test_the_menu_leads_nowhere_that_is_closed(house: House, who: str) -> None:
    special = {"operator": members.operator, "owner": lambda: members.owner(house.baker)}
    client = special[who]() if who in special else members.member(house.baker, who, BAKERY)
    begun = [client.get(path).content.decode() for path in paths(house, SHARED[:3])]
    links = set(re.findall(r'class="(?:nav-link|door)" href="([^"]+)"', " ".join(begun)))
    assert len(links) > 2
    found = statuses(client, iter(sorted(links)))
    assert {path: status for path, status in found.items() if status != 200} == {}


def test_strangers_are_sent_to_sign_in(house: House) -> None:
    for path in ("/", "/find", *paths(house, HOUSE, OPERATORS, MANAGED, OWN, SHARED)):
        answer = members.client_of(None).get(path)
        assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/"), path


def test_where_each_begins(house: House) -> None:
    operator, owner = members.operator(), members.owner(house.baker)
    assert "<h1>Overview</h1>" in members.text(operator.get("/"))
    assert owner.get("/")["Location"] == f"/subscriptions/{house.mine}/websites"
    webmaster = members.member(house.baker, "webmaster", BAKERY)
    assert webmaster.get("/")["Location"] == f"/subscriptions/{house.mine}/websites"
    house.run("subscriptions.create", customer=house.baker.customer, plan="Standard", node="local")
    assert owner.get("/")["Location"] == f"/customers/{house.baker.customer}/domains"


@pytest.mark.parametrize("text", ["müller", "xn--bckerei", "BÄCKEREI"])
def test_the_selector_finds_by_any_part(house: House, text: str) -> None:
    page = members.text(members.owner(house.baker).get("/find", {"search": text}, headers={"hx-request": "true"}))
    assert "bäckerei-müller.test" in page and "<html" not in page
    other = members.text(members.owner(house.gardener).get("/find", {"search": text}))
    assert "bäckerei-müller.test" not in other and "<html" in other


def test_a_suspended_subscription_says_so(house: House) -> None:
    house.run("subscriptions.suspend", subscription=house.mine)
    client = members.owner(house.baker)
    page = members.text(client.get(f"/subscriptions/{house.mine}/websites"))
    assert "This subscription is suspended" in page and "/domains/new" not in page
    answer = client.post(f"/subscriptions/{house.mine}/domains/new", {"name": "neu.test"})
    assert (
        answer.status_code == 422 and "suspended" in members.text(answer) and 'value="neu.test"' in members.text(answer)
    )


def many(house: House, number: int) -> None:
    """So many more of each thing that lists show."""
    house.run("subscriptions.change_plan", plan="Standard", domains=100)
    for nth in range(number):
        customer = house.run("accounts.create", name=f"Kunde {nth}").result["customer"]
        house.run("subscriptions.create", customer=customer, plan="Standard", node="local")
        house.run("subscriptions.create", customer=house.baker.customer, plan="Standard", node="local")
        house.run("domains.add", subscription=house.mine, name=f"straße-{nth}.test")
        house.run("web.protect", subscription=house.mine, path=f"web/ordner-{nth}")
        house.run("subscriptions.create_plan", name=f"Tarif {nth}")


def test_lists_ask_the_same_number_of_questions(house: House) -> None:
    operator, owner = members.operator(), members.owner(house.baker)
    c, s = house.baker.customer, house.mine
    by_operator = [*HOUSE, "/plans", "/nodes", "/", "/find?search=e", f"/customers/{c}"]
    by_operator.remove("/customers/new")
    by_owner = [f"/customers/{c}/domains", f"/subscriptions/{s}/websites", f"/subscriptions/{s}/protected",
                f"/customers/{c}/subscriptions", f"/customers/{c}/audit"]  # fmt: skip
    few = {path: members.queries(operator, path) for path in by_operator}
    few |= {path: members.queries(owner, path) for path in by_owner}
    many(house, 10)
    found = {path: members.queries(operator, path) for path in by_operator}
    found |= {path: members.queries(owner, path) for path in by_owner}
    assert found == few
    assert max(found.values()) < 20, found
    assert Subscription.objects.count() > 20
