"""Every list: its pages, its search, and that nobody reads a row that is not theirs."""

import idna
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.habits.examples import DOMAIN, OTHERS_DOMAIN
from tests.habits.furnished import furnished_once, house
from tests.house import OPERATOR, House

from gasthof.kernel.collection import LARGEST_PAGE, collections, read
from gasthof.kernel.permissions import ANONYMOUS, Actor, Grant, Place
from gasthof.kernel.refusal import ActionRefused, NotAllowed

__all__ = ["furnished_once", "house"]  # fixtures
pytestmark = pytest.mark.django_db

HOUSES_OWN = {
    "bookings", "money_cases", "nodes", "open_work", "plans", "policy_versions", "prices", "statements", "unassigned_bookings", "waiting_requests",
}  # fmt: skip
NAMES = sorted(collections())


def number(subscription: str) -> int:
    return int(subscription[1:])


@pytest.mark.parametrize("name", NAMES)
def test_the_operator_reads_what_each_customer_reads_of_theirs(house: House, name: str) -> None:
    whole = read(OPERATOR, name, limit=LARGEST_PAGE).rows
    assert whole
    if name in HOUSES_OWN:
        return
    mine, other = (read(actor, name, limit=LARGEST_PAGE).rows for actor in (house.baker, house.gardener))
    assert mine or name == "audit"
    assert not [row for row in mine if row in other]
    assert all(row in whole for row in (*mine, *other))
    words = str(mine)
    assert house.other not in words and "grtnerei" not in words and "gärtnerei" not in words.lower()


@pytest.mark.parametrize("name", NAMES)
def test_strangers_read_nothing(house: House, name: str) -> None:
    customer = house.baker.customer
    for stranger in (ANONYMOUS, Actor("owner"), Actor("user", customer), Actor("owner", customer, verbs=frozenset())):
        with pytest.raises(NotAllowed):
            read(stranger, name)


@pytest.mark.parametrize("name", sorted(HOUSES_OWN))
def test_what_is_the_houses_is_the_operators(house: House, name: str) -> None:
    with pytest.raises(NotAllowed):
        read(house.baker, name)


@pytest.mark.parametrize("name", sorted(set(NAMES) - HOUSES_OWN))
def test_a_user_reads_what_was_granted(house: House, name: str) -> None:
    permission, customer = collections()[name].permission, house.baker.customer

    def user(**within: object) -> Actor:
        return Actor("user", customer, grants=(Grant(frozenset({permission}), Place(customer, **within)),))

    whole = read(house.baker, name).rows
    assert read(user(), name).rows == whole
    assert read(user(subscription=number(house.other)), name).rows == ()
    assert read(user(mailbox="nobody@xn--bckerei-mller-bfb28a.test"), name).rows == ()
    with pytest.raises(NotAllowed):
        read(Actor("user", customer, grants=(Grant(frozenset({"x.read"}), Place(customer)),)), name)


@pytest.mark.parametrize("name", ["domains", "sites", "mailboxes", "addresses"])
def test_a_user_of_one_domain_reads_that_domains(house: House, name: str) -> None:
    house.run("subscriptions.change_plan", plan="Standard", domains=5)
    house.run("domains.add", subscription=house.mine, name="zweite-ö.test")
    house.run("mail.add_mailbox", domain="zweite-ö.test", name="info", password="Sehr-geheim 1")
    grant = Grant(
        frozenset({collections()[name].permission}),
        Place(house.baker.customer, domain=idna.encode("zweite-ö.test").decode()),
    )
    rows = read(Actor("user", house.baker.customer, grants=(grant,)), name).rows
    assert all("zweite" in str(row) and "bckerei" not in str(row) for row in rows)
    assert len(rows) == (0 if name == "addresses" else 1)


def test_a_tokens_places_narrow_what_is_read(house: House) -> None:
    limited = Actor("operator", within=(Place(subscription=number(house.mine)),))
    assert [row["domain"] for row in read(limited, "domains").rows] == [DOMAIN]
    both = Actor("operator", within=(Place(subscription=number(house.mine)), Place(subscription=number(house.other))))
    assert len(read(both, "domains").rows) == 2
    assert [row["domain"] for row in read(both, "domains", within=Place(subscription=number(house.other))).rows] == [
        OTHERS_DOMAIN
    ]


@pytest.mark.parametrize("name", NAMES)
def test_pages_of_one_are_the_whole_in_its_order(house: House, name: str) -> None:
    whole = read(OPERATOR, name, limit=LARGEST_PAGE).rows
    found, after = [], ""
    while len(found) <= len(whole):
        page = read(OPERATOR, name, after=after, limit=1)
        found += page.rows
        after = page.after
        if not after:
            break
    assert tuple(found) == whole


@pytest.mark.parametrize("name", NAMES)
def test_a_page_costs_the_same_queries_however_many_rows(house: House, name: str) -> None:
    def queries(limit: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            read(OPERATOR, name, limit=limit)
        return len(captured)

    assert queries(1) == queries(LARGEST_PAGE) <= 3


@pytest.mark.parametrize(
    ("words", "found"), [("bäck", 1), ("BÄCKEREI", 1), ("xn--bck", 1), ("erei", 2), ("%", 0), ("_", 0), ("nix", 0)]
)
def test_domains_are_found_by_any_part_in_either_spelling(house: House, words: str, found: int) -> None:
    assert len(read(OPERATOR, "domains", search=words).rows) == found


@pytest.mark.long
@pytest.mark.parametrize(
    "after",
    [
        "x",
        "bnVsbA",
        "W10",
        "WyJhIiwgImIiXQ",
        "W251bGxd",
        "WyJcdTAwMDAiXQ",
        "\x00",
        "ä",
        "WzFlOTk5XQ",
        "WyJhIl0",
        "WzFd",
        "WzkyMjMzNzIwMzY4NTQ3NzU4MDddCg",
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_forged_cursor_is_refused_or_an_empty_page(house: House, name: str, after: str) -> None:
    try:
        read(OPERATOR, name, after=after)
    except ActionRefused as refused:
        assert [error.field for error in refused.errors] == ["after"]


@pytest.mark.long
@pytest.mark.parametrize("words", ["'", "\\", "%' OR 1=1 --", "a" * 101, "\x00", "ä\u0301", "\ud800"])
@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_searched_for_breaks_nothing(house: House, name: str, words: str) -> None:
    try:
        read(OPERATOR, name, search=words)
    except ActionRefused as refused:
        assert [error.field for error in refused.errors] == ["search"]
