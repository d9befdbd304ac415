"""Values that verbs of the lifecycle take."""

import re
from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Account, plain_text
from gasthof.slices.lifecycle.rules.reading import LARGEST

DIGEST = re.compile(r"[0-9a-f]{64}")


class PolicyText(Account):
    """A policy in TOML, its lines as they were written; whether it can be one is said by rules.policy, with line and key."""

    maximum = LARGEST
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        return cls(f"{super().parse(raw)}\n")


class Digest(str):
    """SHA-256 in hexadecimal digits."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip().lower()
        if not DIGEST.fullmatch(text):
            raise Refused("This is no SHA-256 digest: 64 hexadecimal digits.")
        return cls(text)
