"""Payment codes for banking apps: EPC QR (EPC069-12, version 3.1) and SPAYD 1.0 (Czech Banking Association)."""

import io
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

import segno

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules.money import Money


@dataclass(frozen=True)
class Order:
    """What is to be paid, to whom, and by which symbol it will be known."""

    name: str
    iban: str
    amount: Money
    symbol: str
    text: str = ""
    bic: str = ""


def epc(order: Order) -> str:
    """At most 331 bytes of UTF-8. Raises Refused for another currency than EUR."""
    if order.amount.currency != "EUR" or not 1 <= order.amount.units <= 99_999_999_999:
        raise Refused("An EPC code is for amounts of EUR from 0.01 to 999,999,999.99.")
    remittance = _cut(f"VS{order.symbol} {_line(order.text)}".strip(), 140)
    lines = ["BCD", "002", "1", "SCT", order.bic, _cut(_line(order.name), 70), order.iban, f"EUR{order.amount.number}", "", "", remittance]  # fmt: skip
    return "\n".join(lines)


def spayd(order: Order) -> str:
    """Percent-encoded where a value holds the sign that separates."""
    message = quote(_cut(_latin(f"{order.text}".upper()), 60), safe=" :/.,-+$")
    account = f"{order.iban}+{order.bic}" if order.bic else order.iban
    fields = {
        "ACC": account,
        "AM": order.amount.number,
        "CC": order.amount.currency,
        "X-VS": order.symbol,
        "MSG": message,
    }
    return "*".join(["SPD", "1.0", *(f"{name}:{value}" for name, value in fields.items() if value)])


def picture(text: str) -> str:
    """SVG of the QR code with medium error correction, as EPC069-12 asks; on white, since scanners want it so on dark pages too."""
    made = io.BytesIO()
    segno.make(text, error="m", micro=False, encoding="utf-8").save(
        made, kind="svg", scale=4, light="#fff", xmldecl=False, svgns=True
    )
    return made.getvalue().decode()


def _line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, longest: int) -> str:
    return text[:longest].rstrip()


def _latin(text: str) -> str:
    """Letters without their accents, as the Czech format's QR code holds them most densely."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", _line(text)) if not unicodedata.combining(sign))
    return plain.encode("ascii", "ignore").decode()
