"""How hard a password is to guess, and that it is said while it is typed."""

import pytest
from tests import members
from tests.house import settle

from gasthof.ui.strength import estimate


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Passwort1",
        "12345678",
        "qwertzuiop",
        "aaaaaaaaaaaaaaaa",
        "P4ssw0rd!",
        "Sommer2024",
        "abcdefgh1",
        "dragon1987",
    ],
)
def test_what_is_tried_first_is_weak(password: str) -> None:
    assert estimate(password).score <= 1, password


@pytest.mark.parametrize("password", ["kX9-vT2_pQ7.mZ4!", "gruen-tisch-wolke-anker-fuchs", "Öß7#kdLw9?vRx2mQ"])
def test_what_is_long_and_unlike_words_is_strong(password: str) -> None:
    assert estimate(password).score == 4, password


def test_nothing_and_very_much_of_the_same_is_weak() -> None:
    assert estimate("").score == 0 and estimate("x" * 5_000).score <= 1


@pytest.mark.django_db
def test_it_is_said_while_it_is_typed_and_no_more_than_that() -> None:
    house = settle()
    client = members.owner(house.baker)
    page = members.text(client.get(f"/subscriptions/{house.mine}/ftp/add"))
    assert (
        'hx-post="/password-strength"' in page
        and 'id="field-password_strength"' in page
        and 'hx-params="password,csrfmiddlewaretoken"' in page
    )
    weak = members.text(client.post("/password-strength", {"password": "password"}))
    strong = members.text(client.post("/password-strength", {"password": "kX9-vT2_pQ7.mZ4!"}))
    assert "very easy to guess" in weak and "very hard to guess" in strong and "kX9" not in strong
    assert members.text(client.post("/password-strength", {"password": ""})).strip() == ""
    assert client.get("/password-strength").status_code == 405
    assert members.client_of(None).post("/password-strength", {"password": "x"}).status_code == 302
