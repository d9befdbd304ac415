"""A file that describes a subscription whole, read as YAML with the line of everything, and compared with what there is.

Only plain mappings, lists and text: no tags, no anchors, and numbers and switches stay the text that verbs parse anyway.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from gasthof.kernel.actions import actions
from gasthof.kernel.parsing import tell
from gasthof.kernel.refusal import ActionRefused, FieldError, Refused
from gasthof.kernel.values import DomainName

LARGEST = 1_000_000  # characters
PASSWORD_VARIABLE = "GASTHOF_PASSWORD_"  # noqa: S105 - begins the names of variables that may be asked for
Value = TypeVar("Value")


@dataclass(frozen=True)
class Step:
    """A verb that brings what there is nearer to the file."""

    verb: str
    fields: Mapping[str, object]
    line: int
    removes: bool = False  # done before all that adds
    late: bool = False  # but for what has its turn with its slice's others


class Sheet:
    """One node of the file. What nobody asks for is refused at the end: `check`."""

    def __init__(self, node: yaml.Node, folder: Path, path: str = "") -> None:
        self.node, self.folder, self.path = node, folder, path
        self.line = node.start_mark.line + 1
        self._inner: dict[str, Sheet] | None = None
        self._asked: set[str] = set()

    @classmethod
    def load(cls, path: Path) -> "Sheet":
        """Raises OSError, UnicodeDecodeError, ActionRefused."""
        text = path.read_text("utf-8")
        if len(text) > LARGEST:
            raise _wrong(1, "", Refused("This is too long."))
        try:
            node = _composed(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise _wrong(line, "", Refused("This is not YAML: %(problem)s", problem=str(error.problem))) from error
        except (yaml.YAMLError, RecursionError) as error:
            raise _wrong(1, "", Refused("This is not YAML: %(problem)s", problem="?")) from error
        sheet = cls(node, path.parent)
        sheet.children()
        return sheet

    def wrong(self, refusal: Refused) -> ActionRefused:
        return _wrong(self.line, self.path, refusal)

    def children(self) -> dict[str, "Sheet"]:
        """Of a mapping; of nothing, none."""
        if self._inner is None:
            self._inner = dict(self._read())
        return self._inner

    def get(self, key: str) -> "Sheet | None":
        self._asked.add(key)
        return self.children().get(key)

    def named(self, key: str, parse: Callable[[object], Value]) -> list[tuple[Value, "Sheet"]]:
        """What stands in the mapping `key`, by its parsed names, each once."""
        section = self.get(key)
        if section:
            section._asked |= section.children().keys()
        found: dict[Value, Sheet] = {}
        for name, inner in (section.children() if section else {}).items():
            value = inner.named_by(name, parse)
            if value in found:
                raise inner.wrong(Refused("This stands in the file twice."))
            found[value] = inner
        return list(found.items())

    def items(self) -> list["Sheet"]:
        """Of a list; of nothing, none."""
        if _empty(self.node):
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.wrong(Refused("A list is needed."))
        return [Sheet(each, self.folder, f"{self.path}[{nth}]") for nth, each in enumerate(self.node.value, 1)]

    def value(self) -> Any:
        """Text, or lists and mappings of it."""
        if isinstance(self.node, yaml.ScalarNode):
            return "" if _empty(self.node) else self.node.value
        if isinstance(self.node, yaml.SequenceNode):
            return [each.value() for each in self.items()]
        self._asked |= self.children().keys()
        return {name: inner.value() for name, inner in self.children().items()}

    def named_by(self, name: str, parse: Callable[[object], Value]) -> Value:
        """The name that this stands under."""
        try:
            return parse(name)
        except Refused as refusal:
            raise self.wrong(refusal) from refusal

    def parsed(self, parse: Callable[[object], Value]) -> Value:
        try:
            return parse(self.value())
        except Refused as refusal:
            raise self.wrong(refusal) from refusal

    def password(self) -> str:
        """By reference only: files that describe a house are kept in version control."""
        file, variable = self.get("password_file"), self.get("password_env")
        if file is not None:
            return file.parsed(lambda raw: _from_file(self.folder / str(raw)))
        if variable is not None:
            return variable.parsed(_from_variable)
        raise self.wrong(Refused("This is new and needs a password: “password_file” or “password_env”."))

    def keeps_password(self) -> None:
        """What is there keeps the one that it has."""
        self._asked |= {"password_file", "password_env"}

    def differing(self, verb: str, names: Iterable[str], now: Mapping[str, object]) -> dict[str, object]:
        """Fields of the verb that are given here, and are not so now. A name that `now` lacks is new."""
        fields = {field.name: field for field in actions()[verb].fields}
        found: dict[str, object] = {}
        for name in names:
            given = self.get(name)
            if given is not None and _differs(given.parsed(fields[name].parse), now.get(name, self)):
                found[name] = given.value()
        return found

    def check(self) -> None:
        """Raises ActionRefused for a key that nobody knows."""
        for name, inner in (self._inner or {}).items():
            if name not in self._asked:
                raise inner.wrong(Refused("There is no such key."))
            inner.check()

    def _read(self) -> Iterator[tuple[str, "Sheet"]]:
        if _empty(self.node):
            return
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(Refused("Keys with values are needed."))
        seen = set()
        for key, node in self.node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            inner = Sheet(node, self.folder, f"{self.path}.{name}".removeprefix("."))
            inner.line = key.start_mark.line + 1
            if not name or name in seen:
                raise inner.wrong(Refused("This stands in the file twice.") if name else Refused("A name is needed."))
            seen.add(name)
            yield name, inner


def _composed(text: str) -> yaml.Node:
    """Anchors would let a small file be a big one, tags would let it be anything."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
            raise _wrong(token.start_mark.line + 1, "", Refused("Anchors, aliases and tags are not taken."))
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        raise _wrong(1, "", Refused("This must not be empty."))
    return node


def _empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _differs(value: object, now: object) -> bool:
    if isinstance(value, dict) and isinstance(now, Mapping):
        return any(now.get(name) != item for name, item in value.items())
    return _plain(value) != now


def _plain(value: object) -> object:
    """As tables hold it."""
    if isinstance(value, DomainName):
        return value.ascii
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def _from_file(path: Path) -> str:
    try:
        return path.read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused("%(source)s cannot be read: %(reason)s", source=str(path), reason=reason) from error


def _from_variable(raw: object) -> str:
    name = str(raw)
    if not name.startswith(PASSWORD_VARIABLE) or name not in os.environ:
        raise Refused(
            "There is no variable %(name)s in the environment; its name begins with GASTHOF_PASSWORD_.", name=name
        )
    return os.environ[name]


def _wrong(line: int, path: str, refusal: Refused) -> ActionRefused:
    told = tell(refusal)
    return ActionRefused((FieldError(f"{line}: {path}" if path else str(line), told.message),))
