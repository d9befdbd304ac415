"""Who confirms what, and who tries to: codes that are replayed, guessed, another request's, or older than what they are to confirm."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.habits.furnished import made_once
from tests.house import OPERATOR, House
from tests.people import PASSWORD, code, give_app, operator, send, signed_in
from tests.programs import Program, people
from tests.readers import member, owner, stranger
from tests.readers import operator as boss

from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.kernel.refusal import ActionRefused, NotAllowed
from gasthof.slices.access.models import Assignment, OutgoingMail, User
from gasthof.slices.lifecycle.models import Service, Termination
from gasthof.slices.requests import rules
from gasthof.slices.requests.models import Code, Request
from gasthof.slices.requests.tests.test_requests import DAY, at, coded, do, drafted, mailed, refused, settled, who

pytestmark = pytest.mark.django_db
furnished_once, house = made_once(settled)
NOT_RIGHT = "not right"


def other(right: str, nth: int = 1) -> str:
    return f"{(int(right) + nth) % 10**rules.DIGITS:0{rules.DIGITS}d}"


def test_a_code_is_good_once(house: House) -> None:
    number = drafted(house, on="2027-09-01")
    right = coded(number)
    do("confirm", number, code=f" {right[:4]} {right[4:]} ")
    assert "confirmed already" in refused("confirm", number, code=right)
    do("confirm", again := drafted(house, "withdraw"), code=coded(again))
    assert NOT_RIGHT in refused("confirm", drafted(house, on="2027-09-01"), code=right), "nor for the same wish again"
    assert Termination.objects.count() == 1


def test_five_guesses_and_the_code_is_worth_nothing(house: House) -> None:
    number = drafted(house)
    right = coded(number)
    for nth in range(rules.WRONG_ALLOWED):
        spelled = number if nth % 2 else f" 00{number} "
        assert refused("confirm", spelled, code=other(right, nth + 1))  # type: ignore[arg-type]
    assert NOT_RIGHT in refused("confirm", number, code=right)
    assert do("confirm", number, code=coded(number, at(minutes=1)), when=at(minutes=1))["state"] == "done"


def test_nor_are_there_codes_without_end(house: House) -> None:
    number = drafted(house)
    for _ in range(rules.MOST_CODES):
        do("send_code", number)
    assert "enough codes" in refused("send_code", drafted(house, "backup"))
    assert do("send_code", number, when=at(minutes=61))


def test_a_code_is_of_one_request_and_the_last_one_counts(house: House) -> None:
    one, two = drafted(house, on="2027-09-01"), drafted(house, on="2027-09-01")
    first = coded(one)
    coded(two)
    assert NOT_RIGHT in refused("confirm", two, code=first)
    second = coded(one)
    assert first == second or NOT_RIGHT in refused("confirm", one, code=first)
    assert do("confirm", one, code=second)["state"] == "done"


@pytest.mark.parametrize("change", [{"on": "2027-03-04"}, {"words": "Sofort!"}])
def test_a_code_confirms_what_was_mailed_and_nothing_else(house: House, change: dict[str, str]) -> None:
    number = drafted(house, on="2027-09-01")
    right = coded(number)
    do("change", number, **change)
    assert NOT_RIGHT in refused("confirm", number, code=right)
    do("change", number, on="2027-09-01", words="")
    assert do("confirm", number, code=right)["on"] == "2027-09-01", "which is what it was mailed for"


def test_a_code_is_good_for_minutes(house: House) -> None:
    number = drafted(house)
    right = coded(number)
    late = at(minutes=rules.LIFETIME // timedelta(minutes=1))
    assert NOT_RIGHT in refused("confirm", number, code=right, when=late)


def test_a_code_is_its_readers_and_kept_as_a_digest(house: House) -> None:
    colleague = people(User.MEMBER, house.baker.customer, "teilhaber")
    number = drafted(house)
    right = coded(number)
    assert (
        right not in str(list(Code.objects.values())) and not OutgoingMail.objects.filter(body__contains=right).exists()
    )
    assert NOT_RIGHT in refused("confirm", number, who("teilhaber"), code=right)
    User.objects.filter(pk=colleague.pk).update(active=False)
    assert do("confirm", number, code=right)["state"] == "done"


@pytest.mark.parametrize("verb", ["change", "drop", "send_code", "confirm", "write"])
def test_another_customers_request_is_not_there(house: House, verb: str) -> None:
    number = drafted(house)
    fields = {"confirm": {"code": coded(number)}, "write": {"words": "x"}}.get(verb, {})
    assert refused(verb, number, who("gaertner"), **fields) == "There is no such object."


def test_nobody_confirms_in_the_customers_place(house: House) -> None:
    number = drafted(house)
    right = coded(number)
    acting = replace(house.baker, behind="user:1")
    for actor in (acting, OPERATOR, SYSTEM):
        assert "nobody in their place" in refused("confirm", number, actor, code=right)
        assert "nobody in their place" in refused("send_code", number, actor)
    with pytest.raises(NotAllowed):
        vouch(number, OPERATOR)
    client = boss()
    assert client.post(f"/customers/{house.baker.customer}/act").status_code == 302
    assert client.get(f"/requests/{number}/").status_code == 200
    for page in ("code", "confirm", "factor"):
        assert client.get(f"/requests/{number}/{page}").status_code == 403
        assert client.post(f"/requests/{number}/{page}", {"code": right}).status_code == 403
    assert not Termination.objects.exists()


def vouch(number: int, actor: Any = SYSTEM, **fields: object) -> object:
    user = User.objects.get(email="baeckerin@example.org")
    wanted = {"request": number, "user": user.pk, "seen": Request.objects.get(pk=number).contents.hex()}
    return perform(actor, "requests.vouch", wanted | fields, at()).result


def test_a_second_factor_is_of_a_person_of_the_customers_and_of_what_they_saw(house: House) -> None:
    number = drafted(house)
    seen = Request.objects.get(pk=number).contents.hex()
    do("change", number, words="Doch anders")
    for fields in ({"seen": seen}, {"user": User.objects.get(email="gaertner@example.org").pk}):
        with pytest.raises(ActionRefused):
            vouch(number, **fields)
    assert vouch(number)["state"] == "done"
    assert Termination.objects.get().authorised == f"A-{number}, second factor"


def test_a_program_confirms_by_the_same_code(house: House) -> None:
    """A token makes and asks; the code comes to its person's mailbox."""
    number = drafted(house)
    program = Program.of(User.objects.get(email="baeckerin@example.org"))
    assert program.run("requests.confirm", {"request": number, "code": "00000000"}).status_code == 422
    assert program.run("requests.vouch", {"request": number, "user": 1, "seen": "x"}).status_code == 403
    assert program.run("requests.send_code", {"request": number}).status_code == 200
    answer = program.run("requests.confirm", {"request": number, "code": mailed()})
    assert answer.status_code == 200 and answer.json()["result"]["state"] == "done"


def test_pages(house: House) -> None:
    mine, staff, foreign = owner(house), boss(), stranger(house)
    customer = f"/customers/{house.baker.customer}/requests/"
    for page, told in (
        (customer, [200, 200, 404]),
        (f"{customer}new/end", [200, 200, 404]),
        ("/requests/", [403, 200, 403]),
    ):
        assert [client.get(page).status_code for client in (mine, staff, foreign)] == told, page
    assert mine.get(f"{customer}new/nothing").status_code == 404
    assert all(mine.get(f"{customer}new/{kind}").status_code == 200 for kind in rules.KINDS)
    service = Service.objects.earliest("pk").pk
    made = mine.post(f"{customer}new/end", {"service": service, "on": "2999-01-01", "words": "Grüße"})
    number = Request.objects.latest("pk").pk
    page = mine.get(made["Location"].partition("?")[0]).content.decode()
    assert "What will happen then" in page and "1 January 2999" in page and f"/requests/{number}/code" in page
    at_it = f"/requests/{number}/"
    assert [client.get(at_it).status_code for client in (mine, staff, foreign)] == [200, 200, 404]
    assert f"{at_it}code" not in staff.get(at_it).content.decode() and f"{at_it}factor" not in page
    assert mine.get(f"{at_it}factor")["Location"].endswith("/code"), "there is no second factor to show"
    OutgoingMail.objects.all().delete()
    assert mine.post(f"{at_it}code").status_code == 303
    right = mailed()
    wrong = mine.post(f"{at_it}confirm", {"code": other(right)})
    assert wrong.status_code == 422 and NOT_RIGHT in wrong.content.decode()
    assert mine.post(f"{at_it}confirm", {"code": right}).status_code == 303
    assert Termination.objects.get().effective.year == 2999
    assert "Carried out" in staff.get(at_it).content.decode()
    assert member(house.baker.customer, "webmaster").get(at_it).status_code in (403, 404)


def test_a_second_factor_is_shown_for_one_request(house: House) -> None:
    person = operator("koechin@example.org", kind=User.MEMBER, customer_id=house.baker.customer, language="en")
    Assignment.objects.create(user=person, standard="owner")
    client = signed_in(person)
    secret = give_app(person)
    now = SYSTEM_CLOCKS.wall.now() - timedelta(seconds=5)
    one, two = drafted(house, on="2999-01-01"), drafted(house, "backup")
    Request.objects.update(written=now)
    first = f"/requests/{one}/factor"
    assert first in client.get(f"/requests/{one}/").content.decode()
    asked = client.get(first)
    assert asked.status_code == 302 and "next=" in asked["Location"]
    assert send(client, first, seen=contents(one)).status_code == 302 and not Termination.objects.exists()
    assert send(client, "/reauthenticate/?next=" + first, password=PASSWORD).status_code == 302
    assert client.get(first).status_code == 302, "a password is no second factor"
    assert send(client, asked["Location"], code=code(secret))["Location"] == first
    assert "1 January 2999" in client.get(first).content.decode()
    assert send(client, first, seen="00").status_code == 422
    assert send(client, first, seen=contents(one)).status_code == 303
    assert Termination.objects.get().by == f"user:{person.pk}"
    assert client.get(f"/requests/{two}/factor").status_code == 302, "another request asks for it again"


def contents(number: int) -> str:
    return Request.objects.get(pk=number).contents.hex()


def test_what_was_shown_before_it_was_written_confirms_nothing(house: House) -> None:
    """Or a page could have somebody show it for one thing, and use it for another."""
    number = drafted(house)
    assert Request.objects.get(pk=number).written == at(DAY).wall.now()
    do("change", number, words="Anders", when=at(minutes=3))
    assert Request.objects.get(pk=number).written == at(minutes=3).wall.now()
