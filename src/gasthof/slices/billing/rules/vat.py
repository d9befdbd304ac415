"""Value added tax of a document, by category and by line, so that both agree.

The rule: VAT is computed on each category's sum of net amounts and rounded half up to the minor unit (EN 16931, BR-CO-17); each
line gets its share of it, the minor units left over going to the lines that lost most by rounding down.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

RATES = {
    "standard": 1900,
    "reduced": 700,
    "zero": 0,
    "exempt": 0,
    "reverse charge": 0,
}  # of 10,000; Germany, UStG section 12
CODES = {"standard": "S", "reduced": "S", "zero": "Z", "exempt": "E", "reverse charge": "AE"}  # EN 16931, BT-151


@dataclass(frozen=True)
class Taxable:
    net: int  # minor units
    category: str  # of RATES
    rate: int  # of 10,000, as it was at the time


@dataclass(frozen=True)
class Sum:
    """Of one category and rate."""

    category: str
    rate: int
    net: int
    vat: int


def of(net: int, rate: int) -> int:
    """Half up, away from zero for credit notes."""
    rounded = (abs(net) * rate + 5_000) // 10_000
    return rounded if net >= 0 else -rounded


def sums(lines: Sequence[Taxable]) -> list[Sum]:
    """By category and rate, in a fixed order."""
    nets = defaultdict[tuple[str, int], int](int)
    for line in lines:
        nets[line.category, line.rate] += line.net
    return [Sum(*key, net, of(net, key[1])) for key, net in sorted(nets.items())]


def by_line(lines: Sequence[Taxable]) -> list[int]:
    """Each line's VAT; those of a category add up to the category's."""
    shares = [line.net * line.rate // 10_000 for line in lines]
    for each in sums(lines):
        places = [place for place, line in enumerate(lines) if (line.category, line.rate) == (each.category, each.rate)]
        left = each.vat - sum(shares[place] for place in places)
        losses = sorted(places, key=lambda place: (-(lines[place].net * lines[place].rate % 10_000), place))
        for turn in range(left):
            shares[losses[turn % len(losses)]] += 1
    return shares
