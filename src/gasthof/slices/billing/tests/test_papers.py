"""Papers: their text can be read out, in both languages; nobody's text is markup; nothing is fetched."""

import subprocess

import pytest
from tests.house import House, settle
from tests.readers import operator, owner, stranger
from weasyprint.urls import FatalURLFetchingError

from gasthof.slices.billing import papers
from gasthof.slices.billing.tests.examples import HOUSE, LATE, upload
from gasthof.slices.billing.tests.statements import Line, mt940

MARKUP = "Webhosting bäckerei-müller.test <img src=http://x.test/p.png><b>fett</b>"


@pytest.fixture
def house(db: None) -> House:
    found = settle()
    found.run("billing.set_house", **HOUSE)
    return found


def new(house: House) -> int:
    line = f"hosting; {MARKUP}; 100,00; standard; 2026-12-01; 2027-11-30"
    return int(
        house.run("billing.issue", customer=house.baker.customer, lines=[line], valid_until=LATE).result["proforma"]
    )


def text(pdf: bytes) -> str:
    assert pdf.startswith(b"%PDF-")
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(read.stdout.decode().split())


def pay(house: House, number: int) -> None:
    upload(house, mt940([Line(11_900, f"VS:{number}", iban="")], number=str(number)))


def test_a_proforma_in_both_languages(house: House) -> None:
    number = new(house)
    client = owner(house)
    german, english = (client.get(f"/proformas/{number}/proforma-{each}.pdf") for each in ("de", "en"))
    assert german.headers["Content-Type"] == "application/pdf" and "attachment" in german.headers["Content-Disposition"]
    for words in (
        "Proforma-Rechnung",
        "Bäckerei Müller",
        "Gasthof Köln GmbH",
        "Große Straße 1",
        "USt. 19 %",
        "119,00 EUR",
        "DE89 3704 0044 0532 0130 00",
        str(number),
    ):
        assert words in text(german.content), words
    for words in ("Proforma invoice", "Bäckerei Müller", "VAT 19 %", "119.00 EUR", "Variable symbol"):
        assert words in text(english.content), words
    assert client.get(f"/proformas/{number}/proforma-fr.pdf").status_code == 404


def test_somebodys_text_stays_text(house: House) -> None:
    said = text(owner(house).get(f"/proformas/{new(house)}/proforma-de.pdf").content)
    assert "<b>fett</b>" in said and "<img" in said


@pytest.mark.parametrize(
    "page",
    [
        '<img src="http://127.0.0.1:9/p.png">',
        '<link rel="stylesheet" href="file:///etc/passwd">',
        '<img src="data:image/png;base64,AA">',
    ],
)
def test_a_page_that_names_anything_elsewhere_is_not_printed(page: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        papers.printed(page)


def test_a_receipt_says_of_the_house_what_it_said_then(house: House) -> None:
    number = new(house)
    client = owner(house)
    assert client.get(f"/proformas/{number}/receipt-de.pdf").status_code == 404
    pay(house, number)
    house.run("billing.set_house", **HOUSE | {"name": "Gasthof Bonn GmbH", "town": "Bonn"})
    house.run("accounts.change", customer=house.baker.customer, name="Bäckerei Meyer")
    receipt = text(client.get(f"/proformas/{number}/receipt-de.pdf").content)
    for words in (
        "Rechnung",
        "-000001",
        "Gasthof Köln GmbH",
        "DE123456789",
        "Bäckerei Müller",
        ["01.12.2026", "–", "30.11.2027"][0],
        "Bezahlt am",
    ):
        assert words in receipt, words
    assert "So bezahlen Sie" not in receipt and "Bonn" not in receipt
    assert "Gasthof Bonn" in text(client.get(f"/proformas/{new(house)}/proforma-de.pdf").content)


def test_it_is_the_same_each_time(house: House) -> None:
    number, client = new(house), owner(house)
    assert len({client.get(f"/proformas/{number}/proforma-de.pdf").content for _ in range(2)}) == 1


def test_who_gets_it(house: House) -> None:
    at = f"/proformas/{new(house)}/proforma-de.pdf"
    assert [client.get(at).status_code for client in (owner(house), operator(), stranger(house))] == [200, 200, 404]
    papers.House.objects.all().delete()
    assert owner(house).get(at).status_code == 404
