"""Values that only verbs on zones take."""

from collections.abc import Iterable
from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import Line, plain_text

MOST_CONTENTS = 100  # of one record set


class RecordName(str):
    """An owner name as typed: "@" or nothing for the domain itself, "www", "_dmarc", or whole: "www.example.de". Its grammar is
    looked at with the zone (rules.names.absolute), so that a wrong name is told together with wrong contents."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        return cls(plain_text(raw).strip())


class Content(Line):
    """One record's data as its grammar says (rules.content), checked once the type is known."""

    maximum = 5_000


class Contents(tuple[str, ...]):
    """Records of one set: a list, or text with one a line."""

    @classmethod
    def parse(cls, raw: object) -> Self:
        lines = [line for line in (Content.parse(each) for each in _parts(raw)) if line]
        if not lines:
            raise Refused("At least one record is needed.")
        if len(lines) > MOST_CONTENTS:
            raise Refused("At most %(limit)d records can have the same name and type.", limit=MOST_CONTENTS)
        return cls(dict.fromkeys(lines))


def _parts(raw: object) -> Iterable[object]:
    if isinstance(raw, str):
        if len(raw) > MOST_CONTENTS * Content.maximum:
            raise Refused("This is too long.")
        return [line for line in raw.splitlines() if line.strip()]
    if isinstance(raw, list | tuple) and len(raw) <= 10 * MOST_CONTENTS:
        return raw
    raise Refused("This must be text.")
