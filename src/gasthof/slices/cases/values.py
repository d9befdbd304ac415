"""Values that verbs of cases take."""

import unicodedata
from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import plain_text


class Account(str):
    """What happened, in lines of text; never empty."""

    maximum = 4_000
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if not isinstance(raw, str):
            raise Refused("This must be text.")
        lines = raw[: 2 * cls.maximum].replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).split("\n")
        text = "\n".join(plain_text(line).rstrip() for line in lines).strip()
        if not text:
            raise Refused("This must not be empty.")
        if len(unicodedata.normalize("NFC", raw)) > cls.maximum:
            raise Refused("This is too long: at most %(maximum)d characters.", maximum=cls.maximum)
        return cls(text)
