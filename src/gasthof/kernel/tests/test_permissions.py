"""Scopes and places as rules: nobody reaches what lies in none of their scopes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.permissions import (
    ANONYMOUS,
    FOR_SALE,
    HOUSE,
    ROLES,
    Actor,
    Grant,
    Place,
    allowed,
    holds,
    reaches,
    scopes,
)

numbers = st.integers(1, 3)
names = st.sampled_from(["xn--mller-kva.test", "a.test"])
objects = st.builds(
    Place, numbers, st.none() | numbers, st.none() | numbers, st.none() | names, st.none() | st.just("info@a.test")
)
grants = st.builds(Grant, st.frozensets(st.sampled_from(["web.write", "mail.write"])), objects)
actors = st.builds(Actor, st.sampled_from(ROLES), st.none() | numbers, grants=st.lists(grants, max_size=3).map(tuple))
GRANTED = {"web.write": frozenset({"operator", "reseller", "owner"}), "nodes.manage": frozenset({"operator"})}


@given(actors, objects)
def test_only_the_operator_reaches_beyond_a_customer(actor: Actor, place: Place) -> None:
    if not reaches(actor, place) or actor.role in ("operator", "system"):
        return
    assert actor.customer is not None
    assert actor.customer == place.customer or (actor.role == "reseller" and actor.customer == place.reseller)


@given(actors, objects)
def test_what_is_nobodys_is_the_operators(actor: Actor, place: Place) -> None:
    assert reaches(actor, None) == (actor.role in ("operator", "system"))
    assert not any(scope == HOUSE for scope in scopes(actor)) or actor.role in ("operator", "system")


@given(actors)
def test_plans_and_nodes_are_shown_to_who_sells(actor: Actor) -> None:
    sells = actor.role in ("operator", "system") or (actor.role == "reseller" and actor.customer is not None)
    assert reaches(actor, FOR_SALE) == sells


@given(actors, objects)
def test_a_user_is_allowed_what_a_grant_says_of_that_place(actor: Actor, place: Place) -> None:
    user = replace(actor, role="user")
    said = [g for g in user.grants if "web.write" in g.permissions and g.within.contains(place)]
    assert allowed(user, "web.write", place, GRANTED) == any(g.within.customer == user.customer for g in said)
    assert not holds(user, "nodes.manage", GRANTED)


@given(actors, objects, objects)
def test_a_token_never_reaches_more(actor: Actor, limit: Place, place: Place) -> None:
    limited = replace(actor, within=(limit,))
    assert reaches(limited, place) == (reaches(actor, place) and limit.contains(place))
    assert not reaches(limited, None)


@given(objects, objects, objects)
def test_containing_is_an_order(one: Place, two: Place, three: Place) -> None:
    assert one.contains(one) and HOUSE.contains(one)
    if one.contains(two) and two.contains(three):
        assert one.contains(three)
    if one.contains(two) and two.contains(one):
        assert one == two


def test_who_has_no_customer_has_no_scope() -> None:
    for role in ("reseller", "owner", "user"):
        assert scopes(Actor(role, None)) == ()
    assert scopes(ANONYMOUS) == () == scopes(Actor("anonymous", 7))


def test_the_trail_names_who_acted_and_in_whose_place() -> None:
    assert str(Actor("owner", 7)) == "customer:7"
    assert str(Actor("user", 7, name="user:12")) == "user:12"
    assert str(Actor("owner", 7, behind="user:1")) == "user:1 as customer:7"
