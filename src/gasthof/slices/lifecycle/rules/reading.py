"""A TOML text, table by table: what is asked for must be there and fit, what is not asked for is refused. Refusals name line and key."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gasthof.kernel.refusal import Refused

LARGEST = 512 * 1024  # characters
SYNTAX = re.compile(r"(?P<words>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL)
HEADER = re.compile(r"\s*\[\s*(?P<path>[^\[\]]+?)\s*\]\s*(?:#.*)?")
PART = re.compile(r'"([^"]*)"|([A-Za-z0-9_-]+)')
NAME = re.compile(r"\bname\s*=")


def document(text: str) -> "Table":
    """The whole. Raises Refused."""
    if len(text) > LARGEST:
        raise Refused("This is too long: at most %(maximum)d characters.", maximum=LARGEST)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = SYNTAX.fullmatch(str(error))
        line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
        raise Refused(
            "Line %(line)d is no TOML: %(words)s.", line=line, words=found["words"] if found else error
        ) from error
    return Table(values, (), _Lines(text))


class _Lines:
    """Where things stand. Tables that are written by headers, one to a line, are found; else the nearest header above is told."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.headers: dict[tuple[str, ...], int] = {(): 0}
        for number, line in enumerate(self.lines, 1):
            if found := HEADER.fullmatch(line):
                path = tuple(quoted or bare for quoted, bare in PART.findall(found["path"]))
                self.headers.setdefault(path, number)

    def of(self, path: tuple[str, ...], key: str) -> int:
        """The line of a table's key, 1 at least."""
        header = self.headers.get(path)
        if header is None:
            return self._nested(path, key)
        for number in range(header, len(self.lines)):
            line = self.lines[number]
            if HEADER.fullmatch(line):
                break
            if re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
                return number + 1
        return max(header, 1)

    def _nested(self, path: tuple[str, ...], key: str) -> int:
        """Of a table in an array or on a line: ("type", "mail", "phases", "2") is the third entry of `phases`."""
        for cut in range(len(path) - 1, 0, -1):
            if path[:cut] in self.headers:
                line = self.of(path[:cut], path[cut])
                entry = path[cut + 1 : cut + 2]
                return self._entry(line, int(entry[0])) if entry and entry[0].isdigit() else line
        return self.of((), path[0])

    def _entry(self, line: int, index: int) -> int:
        rows = [number for number in range(line, len(self.lines) + 1) if NAME.search(self.lines[number - 1])]
        return rows[index] if index < len(rows) else line


@dataclass
class Table:
    """One table of the text."""

    values: Mapping[str, Any]
    path: tuple[str, ...]
    lines: _Lines
    asked: set[str] = field(default_factory=set)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.values)

    def has(self, key: str) -> bool:
        self.asked.add(key)
        return key in self.values

    def wrong(self, key: str, sentence: str, **values: object) -> Refused:
        """What is wrong there, to be raised."""
        said = Refused(sentence, **values)
        where = ".".join(f'"{part}"' if "." in part else part for part in (*self.path, key))
        return PolicyRefused(self.lines.of(self.path, key), where, said)

    def whole(self, key: str, least: int, most: int) -> int:
        value = self._value(key)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(key, "Please give a whole number from %(least)d to %(most)d.", least=least, most=most)
        return value

    def wholes(self, key: str, least: int, most: int) -> tuple[int, ...]:
        value = self._value(key)
        if not isinstance(value, list) or any(type(each) is not int or not least <= each <= most for each in value):
            raise self.wrong(
                key, "Please give a list of whole numbers from %(least)d to %(most)d.", least=least, most=most
            )
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self._value(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "Please give true or false.")
        return value

    def text(self, key: str, longest: int) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
            raise self.wrong(key, "Please give text in quotes, of at most %(most)d characters.", most=longest)
        return value

    def word(self, key: str, known: Sequence[str]) -> str:
        return self._known(key, self._value(key), known)

    def words(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        value = self._value(key)
        if not isinstance(value, list):
            raise self.wrong(key, "Please give a list of words in quotes.")
        return tuple(self._known(key, each, known) for each in value)

    def tables(self, key: str) -> "dict[str, Table]":
        """Those below `key`, by name."""
        value = self._value(key)
        if not isinstance(value, dict) or any(not isinstance(each, dict) for each in value.values()):
            raise self.wrong(key, "Please give tables: [%(key)s.NAME].", key=key)
        return {name: Table(each, (*self.path, key, name), self.lines) for name, each in value.items()}

    def part(self, key: str) -> "Table":
        value = self._value(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "Please give a table: { key = value }.")
        return Table(value, (*self.path, key), self.lines)

    def rows(self, key: str) -> "list[Table]":
        value = self._value(key)
        if not isinstance(value, list) or not value or any(not isinstance(each, dict) for each in value):
            raise self.wrong(key, "Please give a list of tables: [ { key = value }, … ].")
        return [Table(each, (*self.path, key, str(index)), self.lines) for index, each in enumerate(value)]

    def settle(self) -> None:
        """Raises Refused for what nobody asked for: a slip of the pen, which would be without effect."""
        for key in self.values:
            if key not in self.asked:
                raise self.wrong(key, "There is no such key here.")

    def _value(self, key: str) -> Any:
        self.asked.add(key)
        if key not in self.values:
            raise self.wrong(key, "This key is needed.")
        return self.values[key]

    def _known(self, key: str, value: object, known: Sequence[str]) -> str:
        if not isinstance(value, str) or value not in known:
            raise self.wrong(key, "“%(word)s” is not one of: %(known)s.", word=str(value)[:40], known=", ".join(known))
        return value


class PolicyRefused(Refused):
    """With line and key in front of what is wrong."""

    def __init__(self, line: int, key: str, said: Refused) -> None:
        super().__init__("Line %(line)d, %(key)s: %(words)s", line=line, key=key, words=said)
        self.said = said
