"""Values that only the subscriptions' verbs take."""

from typing import Self

from gasthof.kernel.values import plain_text
from gasthof.slices.subscriptions.rules import ABILITIES, check_abilities


class Abilities(tuple[str, ...]):
    """Some of rules.ABILITIES: a list, or text with commas between them. May be empty."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        several = isinstance(raw, list | tuple) and len(raw) <= len(ABILITIES)
        return cls(check_abilities(raw if several else plain_text(raw).split(",")))  # type: ignore[arg-type]
