"""Values that only websites' verbs take."""

from collections.abc import Mapping
from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import plain_text
from gasthof.slices.web import rules


class PhpVersion(str):
    """A PHP version as its daemons are named: "8.2"."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        if not rules.VERSION.fullmatch(text):
            raise Refused("A PHP version such as 8.2 is needed.")
        return cls(text)


class PhpSettings(dict[str, str | None]):
    """Changes to PHP settings: a mapping, or "name=value, name=value". An empty value goes back to the default (None)."""

    @classmethod
    def parse(cls, raw: object) -> Self:
        return cls((name, _checked(name, value)) for name, value in _pairs(raw))


def _pairs(raw: object) -> list[tuple[str, str]]:
    if isinstance(raw, Mapping):
        if len(raw) > len(rules.PHP_SETTINGS):
            raise Refused("This is too long.")
        return [(plain_text(name), plain_text(value)) for name, value in raw.items()]
    parts = [part for part in plain_text(raw).split(",") if part.strip()]
    if any("=" not in part for part in parts):
        raise Refused("PHP settings are written as name=value, separated by commas.")
    return [(name.strip(), value.strip()) for name, value in (part.split("=", 1) for part in parts)]


def _checked(name: str, value: str) -> str | None:
    return rules.check_setting(name, value) if value or name not in rules.PHP_SETTINGS else None
