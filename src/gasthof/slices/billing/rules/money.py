"""Money as whole minor units with a currency, and never as a float."""

import re
from dataclasses import dataclass

from gasthof.kernel.currencies import decimals
from gasthof.kernel.refusal import Refused

LARGEST = 10**15  # minor units, so that sums stay far below PostgreSQL's bigint
AMOUNT = re.compile(r"(?P<whole>0*\d{1,15})(?:[.,](?P<part>\d{0,10}))?", re.ASCII)
CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, order=True)
class Money:
    """So many minor units (cents) of a currency (ISO 4217). As text it is for programs; for people there is kernel.amounts."""

    units: int
    currency: str

    def __str__(self) -> str:
        sign, digits = "-" if self.units < 0 else "", decimals(self.currency)
        whole, part = divmod(abs(self.units), 10**digits)
        return f"{sign}{whole}.{part:0{digits}d} {self.currency}" if digits else f"{sign}{whole} {self.currency}"

    @property
    def number(self) -> str:
        """Without the currency, a point before the minor units: "12.50"."""
        return str(self).partition(" ")[0]


def units(text: str, currency: str) -> int:
    """Minor units of an amount without a sign, "12.5", "12,50" or "12,". Raises Refused, also for a fraction of a minor unit."""
    found = AMOUNT.fullmatch(text.strip())
    digits = decimals(currency)
    part = (found["part"] or "").rstrip("0") if found else ""
    if not found or len(part) > digits:
        raise Refused("“%(text)s” is not an amount of %(currency)s.", text=text.strip()[:30], currency=currency)
    return int(found["whole"]) * int(10**digits) + int(part.ljust(digits, "0") or "0")


def currency(text: str) -> str:
    """Three capital letters (ISO 4217). Raises Refused."""
    if not CODE.fullmatch(text.strip()):
        raise Refused("“%(text)s” is not a currency such as EUR.", text=text.strip()[:10])
    return text.strip()
