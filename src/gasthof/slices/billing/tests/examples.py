"""Billing's part of the house of tests/habits/examples.py."""

import base64
from collections.abc import Mapping

from tests.house import House

from gasthof.slices.billing.models import BankBooking, Case, Proforma
from gasthof.slices.billing.tests.statements import OWN, Line, mt940

CUSTOMERS: set[str] = set()  # they read
WHILE_SUSPENDED = CUSTOMERS
LATE, LATER = "2999-12-30", "2999-12-31"
HOUSE = {
    "name": "Gasthof Köln GmbH", "street": "Große Straße 1", "postcode": "50667", "town": "Köln", "country": "DE",
    "vat_number": "DE123456789", "eur_iban": OWN, "eur_bic": "COBADEFFXXX",
}  # fmt: skip


def furnish(house: House, place: str, domain: str) -> None:
    """Something of each table: paid, taken back by the bank, half paid, with a credit note, and a payment of somebody unknown."""
    house.run("billing.set_house", **HOUSE)
    customer, name = _customer(house, place)
    paid, half, credited = (issue(house, customer, domain) for _ in range(3))
    lines = [
        Line(40_000, f"VS:{paid}", name=name, iban=""),
        Line(5_000, f"VS:{half}", name=name, iban=""), Line(11_900, f"VS:{credited}", name=name, iban=""),
        Line(11_900, f"Danke {domain}", name="Oma Erna", iban=""),
    ]  # fmt: skip
    upload(house, mt940(lines))
    upload(house, mt940([Line(-11_900, f"VS:{paid}", name=name, iban="", reversal=True)], number="2"))
    house.run("billing.refund_to_credit", proforma=credited)
    upload(house, mt940([Line(7_700, f"Für {domain}", name="Opa Kurt", iban="")], number="3"))
    house.run("billing.return_booking", booking=BankBooking.objects.latest("pk").pk)
    issue(house, customer, domain)


def _customer(house: House, place: str) -> tuple[int, str]:
    mine = place == house.mine
    return (house.baker if mine else house.gardener).customer or 0, "Bäckerei Müller" if mine else "Gärtnerei Grün"


def issue(house: House, customer: int, domain: str) -> int:
    line = f"hosting-{domain}; Webhosting {domain}; 100,00; standard; 2026-12-01; 2027-11-30"
    return int(house.run("billing.issue", customer=customer, lines=[line], valid_until=LATE).result["proforma"])


def upload(house: House, text: str) -> Mapping[str, object]:
    return house.run("billing.upload_statement", file=base64.b64encode(text.encode()).decode()).result


def examples(house: House, place: str, domain: str) -> Mapping[str, Mapping[str, object]]:
    customer, _ = _customer(house, place)

    def of(**which: object) -> int:
        return Proforma.objects.filter(customer=customer, **which).order_by("-number")[0].number

    def statement() -> str:
        return base64.b64encode(mt940([Line(11_900, f"VS:{of(state='open')}", iban="")]).encode()).decode()

    return {
        "billing.issue": {"customer": customer, "lines": [f"x; Mailpaket für {domain}; 12.50; reduced; 2026-12-01; 2027-11-30"], "valid_until": LATE, "currency": "EUR"},
        "billing.cancel": {"proforma": lambda: of(state="open"), "why": "expired"},
        "billing.reissue": {"proforma": lambda: of(state="open"), "fee": 2000, "title": "Gebühr für Wiederherstellung", "valid_until": LATE},
        "billing.prolong": {"proforma": lambda: of(state="open"), "valid_until": LATER},
        "billing.upload_statement": {"file": statement},
        "billing.receive": {"proforma": lambda: of(state="open"), "network": "Kartennetz Österreich", "reference": "köln-1", "units": 11_900, "currency": "EUR", "taken_back": "no"},
        "billing.accept_proposal": {"booking": lambda: BankBooking.objects.filter(waits=True)[0].pk, "proforma": lambda: of(state="open")},
        "billing.return_booking": {"booking": lambda: BankBooking.objects.filter(waits=True)[0].pk},
        "billing.keep_booking": {"booking": lambda: Case.objects.filter(why=Case.RETURN, closed=None)[0].booking_id},
        "billing.close_case": {"booking": lambda: Case.objects.filter(closed=None)[0].booking_id, "note": "Zurücküberwiesen am 3. März"},
        "billing.pay_from_credit": {"proforma": lambda: of(state="open")},
        "billing.set_house": HOUSE | {"czk_iban": "CZ6508000000192000145399", "czk_bic": "GIBACZPX"},
        "billing.refund_to_credit": {"proforma": lambda: of(state="paid", receipt__credit_note=None)},
    }  # fmt: skip
