"""Values that billing's verbs take."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Day, plain_text
from gasthof.kernel.values import Line as TextLine
from gasthof.slices.billing.rules import money, references, vat
from gasthof.slices.billing.rules.reading import LARGEST


class StatementFile(bytes):
    """A bank statement's file: bytes, or as text in base64 (RFC 4648)."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if isinstance(raw, bytes):
            return cls(raw)
        if not raw:
            raise Refused("Please choose a file.")
        if not isinstance(raw, str):
            raise Refused("The file’s contents are needed, in base64.")
        if len(raw) > LARGEST * 4 // 3 + LARGEST // 20:  # base64 may be cut into lines
            raise Refused("This file is too large.")
        try:
            return cls(base64.b64decode("".join(raw.split()), validate=True))
        except (binascii.Error, ValueError) as error:
            raise Refused("The file’s contents are needed, in base64.") from error


@dataclass(frozen=True)
class NewLine:
    """A line of a proforma. `net`: as typed, since the currency tells how many minor units it is."""

    service: str
    title: str
    net: str
    category: str
    valid_from: date
    valid_until: date

    def units(self, currency: str) -> int:
        """Raises Refused."""
        found = money.units(self.net, currency)
        if found > money.LARGEST:
            raise Refused("This amount is too large.")
        return found


class NewLines(tuple[NewLine, ...]):
    """Texts of six parts: service; title; net amount; VAT category; first day; last day."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        texts = [raw] if isinstance(raw, str) else raw
        if not isinstance(texts, list | tuple) or not 1 <= len(texts) <= 200:
            raise Refused("One to 200 lines are needed.")
        return cls(_line(plain_text(text)) for text in texts)


def _line(text: str) -> NewLine:
    parts = [part.strip() for part in text.split(";")]
    if len(parts) != 6:
        raise Refused("A line has six parts with semicolons between them: service; title; net amount; VAT category; first day; last day.")  # fmt: skip
    service, title, net, category, first, last = parts
    if category not in vat.RATES:
        raise Refused("One of these is needed: %(choices)s.", choices=", ".join(vat.RATES))
    if len(service) > 100:
        raise Refused("This is too long.")
    line = NewLine(service, str(TextLine.parse(title)), net, category, Day.parse(first), Day.parse(last))
    if line.valid_until < line.valid_from:
        raise Refused("The last day is before the first.")
    line.units("EUR")
    return line


class Iban(str):
    """An account number (ISO 13616), without spaces."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if not (found := references.iban(plain_text(raw))):
            raise Refused("This is not an IBAN: its length or its check digits are wrong.")
        return cls(found)


class CurrencyCode(str):
    """Three capital letters (ISO 4217), as to its shape."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        return cls(money.currency(plain_text(raw)))


def _packed(raw: object, shape: str) -> str:
    """In capital letters without spaces; "" where it has not that shape."""
    text = "".join(plain_text(raw).split()).upper()
    return text if re.fullmatch(shape, text, re.ASCII) else ""


class Bic(str):
    """A bank's code (ISO 9362)."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if not (found := _packed(raw, r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")):
            raise Refused("This is not a BIC: it has 8 or 11 letters and digits.")
        return cls(found)


class Country(str):
    """Two letters (ISO 3166-1 alpha-2), as to its shape."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if not (found := _packed(raw, "[A-Z]{2}")):
            raise Refused("Two letters are needed, such as DE.")
        return cls(found)


class VatNumber(str):
    """As to its shape: the country's letters and 2 to 12 signs (Directive 2006/112/EC, article 215)."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if not (found := _packed(raw, r"[A-Z]{2}[A-Z0-9+*]{2,12}")):
            raise Refused("This is not a VAT number, such as DE123456789.")
        return cls(found)


class Postcode(TextLine):
    """As the country's post writes it."""

    maximum = 12
