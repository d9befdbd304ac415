"""What customers see of their invoices, and what staff do there."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.house import House, settle
from tests.readers import anonymous, operator, owner, stranger

from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.models import User
from gasthof.slices.billing import queries
from gasthof.slices.billing.models import Proforma
from gasthof.slices.billing.tests.examples import HOUSE, issue, upload
from gasthof.slices.billing.tests.statements import OWN, Line, mt940

pytestmark = pytest.mark.quick

DOMAIN = "bäckerei-müller.test"
PASSED = "2026-11-01"


@pytest.fixture
def house(db: None) -> Iterator[House]:
    found = settle()
    found.run("billing.set_house", **HOUSE)
    yield found


def new(house: House) -> int:
    return issue(house, house.baker.customer or 0, DOMAIN)


def pay(number: int, cents: int, house: House) -> None:
    upload(house, mt940([Line(cents, f"VS:{number}", iban="")], number=str(number)))


def page(house: House, number: int) -> str:
    return owner(house).get(f"/proformas/{number}/").content.decode()


def test_a_proforma_says_what_it_is_for_and_how_to_pay(house: House) -> None:
    number = new(house)
    said = page(house, number)
    for words in (
        DOMAIN,
        "VAT 19 %",
        "100.00\xa0EUR",
        "19.00\xa0EUR",
        "119.00\xa0EUR",
        "Gasthof Köln GmbH",
        "DE89 3704 0044 0532 0130 00",
        "COBADEFFXXX",
    ):
        assert words.replace(" %", "\xa0%") in said, words
    assert f"/proformas/{number}/epc.svg" in said and f"/proformas/{number}/spayd.svg" in said


def test_the_codes_are_files_of_our_own_and_ask_for_what_is_missing(house: House) -> None:
    number = new(house)
    client = owner(house)
    whole = client.get(f"/proformas/{number}/epc.svg")
    assert (
        whole.headers["Content-Type"] == "image/svg+xml"
        and "img-src 'self'" in whole.headers["Content-Security-Policy"]
    )
    pay(number, 5_000, house)
    assert "69.00\xa0EUR" in page(house, number)
    assert client.get(f"/proformas/{number}/epc.svg").content != whole.content
    pay(number, 6_900, house)
    assert client.get(f"/proformas/{number}/epc.svg").status_code == 404
    assert client.get(f"/proformas/{number}/nonsense.svg").status_code == 404


def test_a_paid_one_shows_its_receipt_and_no_account(house: House) -> None:
    number = new(house)
    pay(number, 11_900, house)
    said = page(house, number)
    assert Proforma.objects.get(pk=number).receipt.number in said and OWN[:4] not in said
    client, at = owner(house), f"/customers/{house.baker.customer}/invoices/"
    for tab in ("", "receipts", "payments"):
        assert str(number) in client.get(at + tab).content.decode(), tab


def test_what_is_not_to_be_paid_says_so(house: House) -> None:
    late, replaced = new(house), new(house)
    Proforma.objects.filter(pk=late).update(valid_until=PASSED)
    assert "Please do not pay it any more" in page(house, late) and "3704" not in page(house, late)
    after = house.run("billing.reissue", proforma=replaced, fee=0, title="–", valid_until="2999-12-31").result[
        "proforma"
    ]
    assert f"replaced by proforma invoice {after}" in page(house, replaced)
    said = owner(house).get(f"/customers/{house.baker.customer}/invoices/").content.decode()
    assert "no longer valid" in said and "Of that overdue" in said and "238.00\xa0EUR" in said


def test_without_the_houses_account_nothing_is_made_up(house: House) -> None:
    number = new(house)
    house.run("billing.set_house", **HOUSE | {"eur_iban": "", "eur_bic": ""})
    assert "We have no account for EUR" in page(house, number)
    queries.House.objects.all().delete()
    assert "not said yet where to pay" in page(house, number)


def test_who_sees_what(house: House) -> None:
    number = new(house)
    addresses = (
        f"/proformas/{number}/",
        f"/proformas/{number}/epc.svg",
        f"/customers/{house.baker.customer}/invoices/",
    )
    for at in addresses:
        answers = [client.get(at).status_code for client in (owner(house), operator(), stranger(house), anonymous())]
        assert answers == [200, 200, 404, 302], at
    assert [client.get("/payments/house").status_code for client in (operator(), owner(house))] == [200, 403]
    assert owner(house).post(f"/proformas/{number}/cancel").status_code == 403


def test_staff_cancel_replace_and_give_back(house: House) -> None:
    boss = operator()
    first, second, third = (new(house) for _ in range(3))
    assert boss.post(f"/proformas/{first}/cancel").status_code == 303
    answer = boss.post(f"/proformas/{second}/reissue", {"fee": "12,50", "title": "Gebühr", "valid_until": "2999-12-31"})
    assert answer.status_code == 303 and Proforma.objects.latest("number").net == 11_250
    assert (
        boss.post(f"/proformas/{third}/reissue", {"fee": "viel", "title": "–", "valid_until": "2999-12-31"}).status_code
        == 422
    )
    pay(third, 11_900, house)
    assert boss.post(f"/proformas/{third}/refund").status_code == 303
    fourth = new(house)
    assert "Settle it from credit" in boss.get(f"/proformas/{fourth}/").content.decode()
    assert boss.post(f"/proformas/{fourth}/settle").status_code == 303
    assert Proforma.objects.get(pk=fourth).state == "paid"


def test_the_houses_data_is_changed_and_wrong_ones_are_refused_beside_the_field(house: House) -> None:
    boss, fields = operator(), HOUSE | {"czk_iban": "", "czk_bic": ""}
    wrong = boss.post("/payments/house", fields | {"eur_iban": "DE00 1234", "vat_number": "1"})
    assert (
        wrong.status_code == 422
        and "check digits" in wrong.content.decode()
        and "not a VAT number" in wrong.content.decode()
    )
    lonely = boss.post("/payments/house", fields | {"czk_bic": "GIBACZPX"})
    assert lonely.status_code == 422 and "needs the IBAN" in lonely.content.decode()
    assert boss.post("/payments/house", fields | {"town": "Brühl", "eur_bic": ""}).status_code == 303
    told = queries.house()
    assert told and (told.town, told.account("EUR"), told.account("CZK")) == ("Brühl", (OWN, ""), ("", ""))
    assert 'value="Brühl"' in boss.get("/payments/house").content.decode()


def test_another_accounts_statement_is_refused(house: House) -> None:
    number = new(house)
    other = mt940([Line(11_900, f"VS:{number}", iban="")]).replace(OWN, "DE02120300000000202051")
    with pytest.raises(
        ActionRefused, match="file: The account DE02120300000000202051 of this statement is not the house’s"
    ):
        upload(house, other)
    queries.House.objects.all().delete()
    assert upload(house, other)["new"] == 1


def test_what_is_not_given_of_the_house_stays(house: House) -> None:
    least = {name: value for name, value in HOUSE.items() if not name.startswith("eur")}
    told = house.run("billing.set_house", **least).result
    assert told["accounts"] == {"EUR": {"iban": OWN, "bic": "COBADEFFXXX"}}


def test_pages_are_german_for_germans(house: House) -> None:
    number = new(house)
    client = owner(house)
    User.objects.update(language="de")
    said = client.get(f"/proformas/{number}/").content.decode()
    for words in (
        "Mit Karte bezahlen",
        "Oder per Überweisung",
        "119,00\xa0EUR",
        "USt. 19\xa0%",
        "Variables Symbol",
        "30.12.2999",
    ):
        assert words in said, words


def test_a_list_asks_as_often_for_many_as_for_one(house: House) -> None:
    client, counts = owner(house), []
    for _ in range(2):
        pay(new(house), 11_900, house)
        for tab in ("", "receipts", "payments"):
            with CaptureQueriesContext(connection) as asked:
                client.get(f"/customers/{house.baker.customer}/invoices/{tab}")
            counts.append(len(asked))
    assert counts[:3] == counts[3:] or counts[0] >= counts[3]
