"""What a proforma is for, in words: its lines and what they come to."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from gasthof.kernel.amounts import amount
from gasthof.slices.billing.models import Proforma, ProformaLine
from gasthof.slices.billing.rules import references, vat
from gasthof.slices.billing.wording import shown_day, tax


class ShownLine(NamedTuple):
    title: str
    period: str  # empty for a fee, which is for no time
    tax: str
    net: str


def lines_of(row: Proforma) -> list[ProformaLine]:
    return list(row.lines.order_by("position"))


def shown_lines(row: Proforma, lines: Sequence[ProformaLine]) -> list[ShownLine]:
    return [
        ShownLine(
            line.title,
            f"{shown_day(line.valid_from)} – {shown_day(line.valid_until)}" if line.service else "",
            tax(line.category, line.rate),
            amount(line.net, row.currency),
        )
        for line in lines
    ]


def shown_sums(row: Proforma, lines: Sequence[ProformaLine]) -> list[tuple[str, str]]:
    """What it comes to without VAT, the VAT of each category, and the total."""
    taxes = vat.sums([vat.Taxable(line.net, line.category, line.rate) for line in lines])
    return [
        (_("Without VAT"), amount(row.net, row.currency)),
        *((tax(each.category, each.rate), amount(each.vat, row.currency)) for each in taxes),
        (_("Total"), amount(row.total, row.currency)),
    ]


def grouped(iban: str) -> str:
    """An IBAN in fours, as people compare it; banks' forms take the spaces. What is none stays as it is."""
    if not references.iban(iban):
        return iban
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
