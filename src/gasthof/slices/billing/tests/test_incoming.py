"""Staff's pages: a statement is uploaded, what waits is assigned or sent back, cases are closed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.house import House, settle
from tests.readers import operator, owner

from gasthof.slices.access.models import User
from gasthof.slices.billing.models import BankBooking, Case, Entry, Proforma, Statement
from gasthof.slices.billing.tests.examples import HOUSE, issue
from gasthof.slices.billing.tests.statements import OWN, Line, camt, mt940

DOMAIN = "bäckerei-müller.test"


@pytest.fixture
def house(db: None) -> House:
    found = settle()
    found.run("billing.set_house", **HOUSE)
    return found


@pytest.fixture
def boss(house: House) -> Client:
    return operator()


def new(house: House) -> int:
    return issue(house, house.baker.customer or 0, DOMAIN)


def send(boss: Client, text: str, name: str = "auszug.sta") -> tuple[int, str]:
    """Status, and where it leads or what the page says."""
    answer = boss.post("/payments/upload", {"file": SimpleUploadedFile(name, text.encode())})
    return answer.status_code, answer.headers.get("Location", "") or answer.content.decode()


def unknown(boss: Client, cents: int = 11_900) -> BankBooking:
    send(boss, mt940([Line(cents, "Danke", name="Oma Erna", iban="")], number=str(Statement.objects.count())))
    return BankBooking.objects.filter(waits=True).latest("pk")


def owed_to_nobody() -> int:
    return -int(Entry.objects.filter(account__kind="unallocated").aggregate(sum=Sum("units"))["sum"] or 0)


def test_a_statement_is_uploaded_and_says_what_came_of_it(house: House, boss: Client) -> None:
    exact, over = new(house), new(house)
    lines = [
        Line(11_900, f"VS:{exact}", iban=""),
        Line(12_000, f"VS:{over}", iban=""),
        Line(11_900, "Danke", name="Oma Erna", iban=""),
    ]
    status, at = send(boss, camt(lines), "auszug.xml")
    assert status == 303 and at.startswith("/payments/statements/")
    said = boss.get(at).content.decode()
    for words in ("Of 3 bookings 3 are new", "Oma Erna", "overpaid", "waits", "DE89 3704"):
        assert words in said, words
    assert {Proforma.objects.get(pk=number).state for number in (exact, over)} == {"paid"}
    status, at = send(boss, camt(lines), "auszug.xml")
    assert status == 303 and "All of its 3 bookings were known already" in boss.get(at).content.decode()
    assert OWN[:4] in boss.get("/payments/statements/").content.decode()


def test_a_file_that_cannot_be_read_says_where(boss: Client) -> None:
    wrong = mt940([Line(11_900, "x")]).replace("C119,00N", "X119,00N")
    for text, words in (
        (wrong, "Line 5"),
        ("Grüße", "neither an MT940"),
        (wrong.replace(OWN, "DE02120300000000202051"), "Line 5"),
    ):
        status, said = send(boss, text)
        assert status == 422 and words in said and 'id="field-file_error"' in said, words
    assert boss.post("/payments/upload", {}).status_code == 422 and not Statement.objects.exists()


def test_what_waits_is_shown_with_its_reasons_and_assigned(house: House, boss: Client) -> None:
    number, booking = new(house), 0
    booking = unknown(boss).pk
    said = boss.get("/payments/").content.decode()
    accept = f"/payments/bookings/{booking}/accept/{number}"
    assert "Oma Erna" in said and "the amount" in said and accept in said and "Bäckerei Müller" in said
    assert "119.00\xa0EUR" in boss.get(accept).content.decode()
    assert boss.post(accept).status_code == 303 and Proforma.objects.get(pk=number).state == "paid"
    assert boss.post(accept).status_code == 422
    assert "assigned by hand" in boss.get(f"/payments/bookings/{booking}/").content.decode()
    assert "Nothing waits" in boss.get("/payments/").content.decode()


def test_it_may_be_for_one_that_was_not_proposed(house: House, boss: Client) -> None:
    number, at = new(house), f"/payments/bookings/{unknown(boss, 5_000).pk}/assign"
    wrong = boss.post(at, {"proforma": "4711"})
    assert wrong.status_code == 422 and "There is no such object" in wrong.content.decode()
    assert boss.post(at, {"proforma": str(number)}).status_code == 303
    assert Proforma.objects.get(pk=number).received == 5_000


def test_nobodys_money_is_sent_back_once_and_the_books_agree(boss: Client) -> None:
    at = f"/payments/bookings/{unknown(boss).pk}/"
    answer = boss.post(f"{at}return")
    assert answer.status_code == 303 and owed_to_nobody() == 11_900
    assert boss.post(f"{at}return").status_code == 422
    assert "To be sent back" in boss.get("/payments/cases/").content.decode()
    assert boss.post(f"{at}keep").status_code == 303 and BankBooking.objects.get().waits
    assert boss.post(f"{at}keep").status_code == 422
    assert boss.post(f"{at}return").status_code == 303
    assert boss.post(f"{at}close", {"note": ""}).status_code == 422
    assert boss.post(f"{at}close", {"note": "Überwiesen am 3. März"}).status_code == 303
    assert owed_to_nobody() == 0 and "No case is open" in boss.get("/payments/cases/").content.decode()
    assert "Überwiesen am 3. März" in boss.get(at).content.decode()
    assert boss.post(f"{at}close", {"note": "Noch einmal"}).status_code == 422 and owed_to_nobody() == 0


def test_a_charge_back_is_a_case_until_somebody_closed_it(house: House, boss: Client) -> None:
    number = new(house)
    send(boss, mt940([Line(11_900, f"VS:{number}", iban="")]))
    send(boss, mt940([Line(-11_900, f"VS:{number}", iban="", reversal=True)], number="2"))
    said = boss.get("/payments/cases/").content.decode()
    assert "Charged back" in said and str(number) in said
    glance = owner(house).get(f"/customers/{house.baker.customer}/invoices/").content.decode()
    assert "You owe us this" in glance and "119.00\xa0EUR" in glance
    assert (
        boss.post(f"/payments/bookings/{Case.objects.get().booking_id}/close", {"note": "Mahnung"}).status_code == 303
    )


def test_customers_see_nothing_of_it(house: House, boss: Client) -> None:
    booking = unknown(boss).pk
    client = owner(house)
    for path in (
        "",
        "upload",
        "statements/",
        f"statements/{Statement.objects.get().pk}/",
        "cases/",
        "proformas/",
        f"bookings/{booking}/",
        f"bookings/{booking}/return",
    ):
        assert client.get(f"/payments/{path}").status_code == 403, path
        assert boss.get(f"/payments/{path}").status_code == 200, path
    assert (
        boss.get("/payments/bookings/999999/").status_code
        == boss.get("/payments/statements/999999/").status_code
        == 404
    )


def test_in_german(house: House, boss: Client) -> None:
    number, at = new(house), unknown(boss).pk
    User.objects.update(language="de")
    said = boss.get("/payments/").content.decode() + boss.get(f"/payments/bookings/{at}/").content.decode()
    for words in ("Zahlungseingänge", "der Betrag", "Zuordnen", "Zweck", str(number), "119,00\xa0EUR"):
        assert words in said, words


def test_a_list_asks_as_often_for_many_as_for_one(house: House, boss: Client) -> None:
    counts = []
    for _ in range(2):
        new(house)
        unknown(boss)
        boss.get("/payments/")
        with CaptureQueriesContext(connection) as asked:
            for path in ("", "statements/", "proformas/", "cases/"):
                boss.get(f"/payments/{path}")
        counts.append(len(asked))
    assert counts[0] == counts[1]
