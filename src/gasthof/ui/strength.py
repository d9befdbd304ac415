"""How hard a password is to guess: the fewest bits that its parts need. After zxcvbn (Wheeler, USENIX Security 2016), with Django's list of passwords
that are often chosen; an estimate, which refuses nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import log2

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext

LONGEST = 100  # characters looked at
SHORTEST_WORD, LONGEST_WORD = 4, 16
KEYBOARDS = (
    "qwertzuiopü",
    "asdfghjklöä",
    "yxcvbnm",
    "qwertyuiop",
    "zxcvbnm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
)
FOLDED = str.maketrans("013457@$!", "oieastasi")
STEPS = (28.0, 38.0, 50.0, 64.0)  # bits: from here on the next word


@dataclass(frozen=True)
class Strength:
    score: int  # 0 to 4
    words: str

    @property
    def drawn(self) -> int:
        """Per cent of the bar."""
        return 20 * (self.score + 1)

    @property
    def tone(self) -> str:
        return ("bad", "bad", "warn", "good", "good")[self.score]


def estimate(password: str) -> Strength:
    bits = _bits(password[:LONGEST])
    score = sum(bits >= step for step in STEPS)
    words = (gettext("very easy to guess"), gettext("easy to guess"), gettext("can be guessed with effort"), gettext("hard to guess"),
             gettext("very hard to guess"))  # fmt: skip
    return Strength(score, words[score])


def _bits(text: str) -> float:
    """The cheapest way through, sign by sign."""
    least = [0.0] + [float("inf")] * len(text)
    for start in range(len(text)):
        for length, bits in _parts(text, start):
            least[start + length] = min(least[start + length], least[start] + bits)
    return least[-1]


def _parts(text: str, start: int) -> Iterator[tuple[int, float]]:
    """What begins there: lengths with the bits that they need."""
    yield 1, _sign(text[start])
    rest = text[start:]
    lower = rest.lower()
    repeated = len(rest) - len(rest.lstrip(rest[0]))
    if repeated > 2:
        yield repeated, _sign(rest[0]) + log2(repeated)
    for length in range(3, min(len(rest), 26) + 1):
        if any(lower[:length] in row or lower[:length] in row[::-1] for row in KEYBOARDS):
            yield length, 4 + log2(length)
    if rest[:4].isascii() and rest[:4].isdigit() and 1930 <= int(rest[:4] or 0) <= 2039:
        yield 4, log2(110)
    for length in range(SHORTEST_WORD, min(len(rest), LONGEST_WORD) + 1):
        word = lower[:length]
        if word in _known() or word.translate(FOLDED) in _known():
            yield length, log2(len(_known())) + (rest[:length] != word) + (word not in _known())


@cache
def _known() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def _sign(sign: str) -> float:
    if sign.isascii() and sign.isdigit():
        return log2(10)
    return log2(26) if sign.isascii() and sign.isalpha() else log2(33)
