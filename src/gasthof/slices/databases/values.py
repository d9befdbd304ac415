"""Values that only databases' verbs take."""

from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import plain_text


class SqlName(str):
    """The customer's own part of a name on a database server, or the whole name; rules.own_part says what it may be."""

    longest = 60
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        if not text:
            raise Refused("This must not be empty.")
        if len(text) > cls.longest:
            raise Refused("This is too long: at most %(maximum)d characters.", maximum=cls.longest)
        return cls(text)
