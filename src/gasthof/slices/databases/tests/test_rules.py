"""Names, passwords and what servers keep of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.databases import rules
from gasthof.slices.databases.node import rights
from gasthof.slices.databases.values import SqlName


@pytest.mark.parametrize("typed", ["shop", "s000012_shop", "a", "a1_b", "x" * 32])
def test_names_bear_the_subscriptions(typed: str) -> None:
    name = rules.full_name("s000012", SqlName.parse(typed))
    assert name.startswith("s000012_") and name.count("s000012") == 1 and rules.NAME.fullmatch(name)


@pytest.mark.parametrize(
    "typed",
    ["1shop", "_shop", "Shop", "shöp", "shop-1", "shop.full", "shop`", "shop%", "shop\\", "x" * 33, "shop\u200b", "sho p", "shop;", "ｓhop"],
)  # fmt: skip
def test_other_names_are_refused(typed: str) -> None:
    with pytest.raises(Refused):
        rules.full_name("s000012", SqlName.parse(typed))


@given(st.text(max_size=40))
def test_whatever_is_typed_no_neighbours_name_comes_out(typed: str) -> None:
    try:
        name = rules.full_name("s000012", SqlName.parse(typed))
    except Refused:
        return
    assert name.startswith("s000012_") and name.isascii() and not set(name) & set("`'\"\\%. ")


def test_mariadbs_verifier_is_its_own_functions() -> None:
    """SELECT PASSWORD('password') of MariaDB."""
    assert rules.mariadb_verifier("password") == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"


@pytest.mark.parametrize(
    "password", ["nurkleinebuchstaben", "NurBuchstaben", "nurklein1!", "GROSS UND 1", "Anna war hier 1"]
)
def test_passwords_of_too_few_kinds_or_with_the_name(password: str) -> None:
    with pytest.raises(Refused):
        rules.check_password("s000012_anna", password)


def test_a_mixed_password() -> None:
    rules.check_password("s000012_anna", "Grüße aus Köln 1")


@pytest.mark.parametrize(
    "verifier", ["", "*AB", "* OR 1=1", "md5abc", "SCRAM-SHA-256$4096:x$y:z", "*" + "a" * 40, "*" + "A" * 41]
)
def test_what_is_no_verifier(verifier: str) -> None:
    for server in rules.SERVERS:
        with pytest.raises(Refused):
            rules.check_verifier(server, verifier)


def test_each_right_is_read_back_from_its_columns() -> None:
    for name, privileges in rights.PRIVILEGES.items():
        assert rights.rights_of(rights.column(each).upper() for each in privileges) == name
    assert rights.rights_of(["Select_priv", "Grant_priv"]) == "grant_priv, select_priv"


def test_a_pattern_names_one_database_only() -> None:
    assert rights.pattern("s000012_shop_1") == "s000012\\_shop\\_1"
