"""Values that only the verbs of access take."""

import re
from collections.abc import Callable
from typing import ClassVar, Self

from gasthof.kernel.permissions import Place
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, plain_text

LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)  # RFC 5321 section 4.1.2, Dot-string


class Email(str):
    """An address to sign in with and to write to: in lower case, its domain as A-labels. Equal ones are the same person's."""

    longest_local: ClassVar[int] = 64
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        local, at, domain = plain_text(raw).strip().rpartition("@")
        if not at or not LOCAL.fullmatch(local) or len(local) > cls.longest_local:
            raise Refused("This is not a valid e-mail address.")
        return cls(f"{local.lower()}@{DomainName.parse(domain).ascii}")

    @property
    def shown(self) -> str:
        """As people read it."""
        local, _, domain = self.rpartition("@")
        return f"{local}@{DomainName(domain).unicode}"


MOST_LIMITS = 200  # verbs, or places, of one token


def _parts(raw: object) -> list[str]:
    """Of a list, or of text with commas or spaces between."""
    given = raw if isinstance(raw, list) else [raw]
    if len(given) > MOST_LIMITS:
        raise Refused("This is too long.")
    found = [part for each in given for part in plain_text(each).replace(",", " ").split()]
    if len(found) > MOST_LIMITS:
        raise Refused("This is too long.")
    return found


class VerbNames(tuple[str, ...]):
    """Verbs that a token is good for; LIST.list is the right to read that list."""

    @classmethod
    def parse(cls, raw: object) -> Self:
        return cls(dict.fromkeys(_parts(raw)))


class Places(tuple[Place, ...]):
    """Where a token is good: "customer:3", "subscription:s000012", "domain:grün.test", "mailbox:info@grün.test"."""

    @classmethod
    def parse(cls, raw: object) -> Self:
        return cls(dict.fromkeys(_place(part) for part in _parts(raw)))


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Refused("A number is needed.")
    return int(text)


PARTS: dict[str, Callable[[str], int | str]] = {
    "customer": _number,
    "subscription": lambda text: _number(text.removeprefix("s")),
    "domain": lambda text: DomainName.parse(text).ascii,
    "mailbox": lambda text: str(Email.parse(text)),
}


def _place(text: str) -> Place:
    kind, _, name = text.partition(":")
    if kind not in PARTS:
        raise Refused("A place is “customer:NUMBER”, “subscription:NAME”, “domain:NAME” or “mailbox:ADDRESS”.")
    return Place(**{kind: PARTS[kind](name)})  # type: ignore[arg-type]


class RoleName(str):
    """How a role is called."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        if not 0 < len(text) <= 60:
            raise Refused("A name of 1 to 60 characters is needed.")
        return cls(text)


class Permissions(tuple[str, ...]):
    """Names of permissions, sorted, each once. Typed with commas between them, or a list."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        named = (
            [plain_text(each).strip() for each in raw] if isinstance(raw, list | tuple) else plain_text(raw).split(",")
        )
        found = sorted({name.strip() for name in named if name.strip()})
        if len(found) > 200:
            raise Refused("This is too long.")
        return cls(found)
