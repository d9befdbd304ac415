"""Values that renewals' verbs take."""

from typing import Self

import idna

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import plain_text
from gasthof.slices.billing.rules import money
from gasthof.slices.lifecycle.rules.policy import TLD

LONGEST = 30


class Amount(str):
    """An amount without its currency, "12,50": which that is, another field says."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        if len(text) > LONGEST:
            raise Refused("This is too long.")
        try:
            money.units(text, "KWD")  # of all currencies the one with the smallest unit
        except Refused as error:
            raise Refused("An amount such as 12.50 is needed.") from error
        return cls(text)

    def units(self, currency: str) -> int:
        """Minor units. Raises Refused."""
        found = money.units(str(self), currency)
        if found > money.LARGEST:
            raise Refused("This amount is too large.")
        return found


class Tld(str):
    """The end of domain names, as an A-label: "de", "co.uk"."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip().strip(".")
        try:
            found = idna.encode(text, uts46=True).decode()
        except idna.IDNAError:
            found = ""
        if not TLD.fullmatch(found):
            raise Refused("“%(text)s” is not the end of a domain name, such as de.", text=text[:30])
        return cls(found)
