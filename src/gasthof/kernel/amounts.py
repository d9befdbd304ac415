"""Amounts of money as people read them, in the language that is active. Programs are told plain numbers."""

from decimal import Decimal

from django.utils.formats import number_format

from gasthof.kernel.currencies import decimals

NARROW = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"  # as wide as a digit, and no place to break a line


def amount(units: int, currency: str) -> str:
    """Of minor units: “1.234,50 EUR” in German, “1,234.50 EUR” in English; on one line."""
    return f"{_formatted(units, currency, grouped=True).replace('-', MINUS)}{NARROW}{currency}"


def number(units: int, currency: str) -> str:
    """To be typed into a field: “1234,50”."""
    return _formatted(units, currency, grouped=False)


def _formatted(units: int, currency: str, *, grouped: bool) -> str:
    digits = decimals(currency)
    return str(number_format(Decimal(units).scaleb(-digits), digits, force_grouping=grouped))
