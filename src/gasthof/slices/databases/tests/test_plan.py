"""From spec and facts to what is asked of a server, in words."""

from pathlib import Path

import pytest

from gasthof.agent import diff
from gasthof.agent.sdk.steps import Ask, Plan
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import config, plan
from gasthof.slices.databases.node.facts import DatabaseFacts, UserFacts
from gasthof.slices.databases.node.shown import DatabaseFact, UserFact
from gasthof.slices.databases.spec import Access, DatabaseSpec, UserSpec

PREFIX = Prefix(Path("/srv/gasthof"))
KEY, USER = "mariadb/s000012_shop", "mariadb/s000012_anna"
SPEC = DatabaseSpec("mariadb", "s000012_shop", "s000012")
VERIFIER = "*" + "A" * 40
ANNA = UserSpec("mariadb", "s000012_anna", "s000012", VERIFIER, (Access("s000012_shop", "full"),))
SHOWN = UserFact(True, VERIFIER, False, 20, {"s000012_shop": "full"})


def test_what_is_as_it_should_be_asks_nothing() -> None:
    assert plan.database(PREFIX, KEY, SPEC, DatabaseFacts(DatabaseFact(True))) == Plan()
    assert plan.user(PREFIX, USER, ANNA, UserFacts(SHOWN)) == Plan()


def test_a_missing_database_is_made_and_noted() -> None:
    made = plan.database(PREFIX, KEY, SPEC, DatabaseFacts())
    assert made.after == (Ask("mariadb", "create_database", "s000012_shop"),) and made.notes == {KEY: "missing"}
    assert not made.empty


def test_a_server_that_is_away_is_asked_all_the_same() -> None:
    """So that the object fails as one whose daemon is away, and is tried again soon; nothing is called drift."""
    for made in (
        plan.database(PREFIX, KEY, SPEC, DatabaseFacts(known=False)),
        plan.user(PREFIX, USER, ANNA, UserFacts(known=False)),
    ):
        assert len(made.after) == 1 and made.notes == {}


def test_a_database_goes_by_order_only() -> None:
    there = DatabaseFact(True)
    assert plan.database(PREFIX, KEY, None, DatabaseFacts(there)).after == (
        Ask("mariadb", "drop_database", "s000012_shop"),
    )
    assert plan.database(PREFIX, KEY, None, DatabaseFacts(there, keep=True)) == Plan()
    assert plan.database(PREFIX, KEY, None, DatabaseFacts(known=False, keep=True)) == Plan()
    assert plan.database(PREFIX, KEY, None, DatabaseFacts()) == Plan()


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (UserFact(), "missing"),
        (UserFact(True, "*" + "B" * 40, False, 20, {"s000012_shop": "full"}), "another password"),
        (UserFact(True, VERIFIER, True, 20, {"s000012_shop": "full"}), "locked"),
        (UserFact(True, VERIFIER, False, 5, {"s000012_shop": "full"}), "5 connections"),
        (UserFact(True, VERIFIER, False, 20, {"s000012_shop": "read"}), "s000012_shop: read instead of full"),
        (UserFact(True, VERIFIER, False, 20, {"s000012_shop": "full", "s000013_shop": "read"}), "s000013_shop: read instead of none"),
        (UserFact(True, VERIFIER, False, 20, {"s000012_shop": "full"}, ("makes roles",)), "makes roles"),
    ],
)  # fmt: skip
def test_each_difference_is_said_without_secrets(shown: UserFact, words: str) -> None:
    made = plan.user(PREFIX, USER, ANNA, UserFacts(shown))
    assert made.notes == {USER: words} and VERIFIER not in str(made.notes)
    assert [step.verb for step in made.after if isinstance(step, Ask)] == ["set_user"]


def test_a_preview_says_what_servers_are_asked_without_secrets() -> None:
    assert list(diff.lines(plan.database(PREFIX, KEY, SPEC, DatabaseFacts()))) == [
        "> mariadb create_database s000012_shop: missing"
    ]
    assert list(diff.lines(plan.database(PREFIX, KEY, None, DatabaseFacts(DatabaseFact(True))))) == [
        "> mariadb drop_database s000012_shop: nobody wants it"
    ]
    shown = UserFact(True, "*" + "B" * 40, False, 20, {"s000012_shop": "full"})
    assert list(diff.lines(plan.user(PREFIX, USER, ANNA, UserFacts(shown)))) == [
        "> mariadb set_user (...): another password"
    ]
    assert list(diff.lines(plan.user(PREFIX, USER, ANNA, UserFacts(SHOWN)))) == []


@pytest.mark.parametrize(
    "key", ["mariadb/mysql", "mariadb/s000012_shop`", "oracle/s000012_shop", "mariadb/", "../x", "postgres/template1"]
)
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(ValueError, match="no database's"):
        plan.database(PREFIX, key, None, DatabaseFacts(DatabaseFact(True)))
    with pytest.raises(ValueError, match="no database's"):
        plan.user(PREFIX, key, None, UserFacts(UserFact(True)))


def test_specs_that_do_not_fit() -> None:
    for spec in (
        UserSpec("mariadb", "s000013_x", "s000013", VERIFIER),
        UserSpec("mariadb", "s000012_anna", "s000012", "x"),
        UserSpec("mariadb", "s000012_anna", "s000012", VERIFIER, (Access("mysql", "full"),)),
        UserSpec("mariadb", "s000012_anna", "s000012", VERIFIER, (Access("s000012_shop", "all"),)),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError):
            plan.user(PREFIX, USER, spec, UserFacts(SHOWN))


def test_configuration_is_lines_of_name_and_value() -> None:
    lines = config.mariadb(PREFIX).splitlines()
    assert lines[0] == "[mariadbd]" and all(" = " in line for line in lines[1:])
    names = [line.partition(" = ")[0] for line in lines[1:]]
    assert len(names) == len(set(names))
    for text in config.postgres_files(PREFIX).values():
        assert text.endswith("\n") and "trust" not in text and "0.0.0.0" not in text
