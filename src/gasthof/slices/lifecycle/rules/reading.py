"""A TOML text, table by table: what is asked for must be there and fit, what nobody asks for is refused. Refusals name line and key.

tomllib tells the line of a slip in the syntax, but not where a key stands. The line is therefore found by reading again: it is the
first one up to which the text, its brackets closed, already holds the key.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gasthof.kernel.refusal import Refused

LARGEST = 64 * 1024  # characters
SYNTAX = re.compile(r"(?P<words>.*) \(at line (?P<line>\d+), column \d+\)", re.DOTALL)
CLOSERS = ("", "]", "}", "}]", "]}]")
Path = tuple[str | int, ...]
NOTHING = object()


def document(text: str) -> "Table":
    """The whole. Raises Refused."""
    if len(text) > LARGEST:
        raise Refused("This is too long: at most %(maximum)d characters.", maximum=LARGEST)
    try:
        return Table(tomllib.loads(text), (), text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = SYNTAX.fullmatch(str(error))
        line = int(found["line"]) if found else text.count("\n") + 1
        raise Refused(
            "Line %(line)d is no TOML: %(words)s.", line=line, words=found["words"] if found else error
        ) from error


def line_of(text: str, path: Path) -> int:
    """Where the key begins, or the nearest table around it that is there; 1 at least."""
    lines = text.splitlines()
    while path and _at(tomllib.loads(text), path) is NOTHING:
        path = path[:-1]
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _holds(lines, middle, path) else (middle + 1, high)
    return max(low, 1)


def _holds(lines: Sequence[str], count: int, path: Path) -> bool:
    """Whether it is there in the first `count` lines. Where a value goes on for several lines its last one counts."""
    for end in range(count, 0, -1):
        for closer in CLOSERS:
            try:
                return _at(tomllib.loads("\n".join([*lines[:end], closer])), path) is not NOTHING
            except tomllib.TOMLDecodeError:
                continue
    return False


def _at(values: Any, path: Path) -> Any:
    for part in path:
        inside = part in values if isinstance(values, dict) else isinstance(part, int) and part < len(values)
        if not inside:
            return NOTHING
        values = values[part]
    return values


def shown(path: Path) -> str:
    """As in TOML; entries of a list are counted from 1: type."domain.de".phases[2]."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part + 1}]"
        else:
            words += f".{part}" if part.replace("_", "").replace("-", "").isalnum() else f'."{part}"'
    return words.removeprefix(".")


@dataclass
class Table:
    """One table of the text. Each method raises Refused unless the key is there and fits."""

    values: Mapping[str, Any]
    path: Path
    source: str
    asked: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        self.asked.add(key)
        return key in self.values

    def wrong(self, key: str, refusal: Refused) -> Refused:
        """The refusal with its place, to be raised; key "" is the table itself."""
        path = (*self.path, key) if key else self.path
        line = line_of(self.source, path)
        return Refused("Line %(line)d, %(key)s: %(words)s", line=line, key=shown(path), words=refusal)

    def whole(self, key: str, least: int, most: int) -> int:
        value = self._value(key)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(
                key, Refused("A whole number from %(least)d to %(most)d is needed.", least=least, most=most)
            )
        return value

    def flag(self, key: str) -> bool:
        """False where it is not said."""
        value = self.values.get(key, False)
        self.asked.add(key)
        if not isinstance(value, bool):
            raise self.wrong(key, Refused("true or false is needed."))
        return value

    def word(self, key: str, known: Sequence[str]) -> str:
        return self._known(key, self._value(key), known)

    def words(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._known(key, each, known) for each in self._list(key))

    def names(self, key: str, form: re.Pattern[str]) -> tuple[str, ...]:
        found = self._list(key)
        for each in found:
            if not isinstance(each, str) or not form.fullmatch(each):
                raise self.wrong(key, Refused("“%(word)s” is not in the right form.", word=str(each)[:40]))
        return tuple(found)

    def tables(self, key: str) -> "dict[str, Table]":
        """Those below `key`, by name."""
        value = self._value(key)
        if not isinstance(value, dict) or any(not isinstance(each, dict) for each in value.values()):
            raise self.wrong(key, Refused("Tables are needed: [%(key)s.NAME].", key=key))
        return {name: Table(each, (*self.path, key, name), self.source) for name, each in value.items()}

    def part(self, key: str) -> "Table":
        value = self._value(key)
        if not isinstance(value, dict):
            raise self.wrong(key, Refused("A table is needed: { key = value }."))
        return Table(value, (*self.path, key), self.source)

    def rows(self, key: str) -> "list[Table]":
        found = self._list(key)
        if any(not isinstance(each, dict) for each in found):
            raise self.wrong(key, Refused("A list of tables is needed: [ { key = value }, … ]."))
        return [Table(each, (*self.path, key, index), self.source) for index, each in enumerate(found)]

    def settle(self) -> None:
        """Raises Refused for what nobody asked for: a slip of the pen, which would be without effect."""
        for key in self.values:
            if key not in self.asked:
                raise self.wrong(key, Refused("There is no such key here."))

    def _value(self, key: str) -> Any:
        self.asked.add(key)
        if key not in self.values:
            raise self.wrong(key, Refused("This key is needed."))
        return self.values[key]

    def _list(self, key: str) -> list[Any]:
        value = self._value(key)
        if not isinstance(value, list):
            raise self.wrong(key, Refused("A list in square brackets is needed."))
        return value

    def _known(self, key: str, value: object, known: Sequence[str]) -> str:
        if not isinstance(value, str) or value not in known:
            sentence = Refused(
                "“%(word)s” is not one of these: %(known)s.", word=str(value)[:40], known=", ".join(known)
            )
            raise self.wrong(key, sentence)
        return value
