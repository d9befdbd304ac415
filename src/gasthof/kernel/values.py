"""Values that verbs take: each parses what people type, or raises Refused. Nothing here reads or writes anything."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

import idna

from gasthof.kernel.refusal import Refused

LONGEST_INPUT = 5_000  # characters; more is refused before it is looked at
UNPRINTABLE = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
}  # Unicode categories: controls, direction overrides, surrogates
NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")  # what address parsers take for a number


def plain_text(raw: object) -> str:
    """Text in NFC without characters that cannot be seen, or Refused."""
    if not isinstance(raw, str):
        raise Refused("This must be text.")
    if len(raw) > LONGEST_INPUT:
        raise Refused("This is too long.")
    if any(unicodedata.category(character) in UNPRINTABLE for character in raw):
        raise Refused("Control characters, line breaks and invisible characters are not allowed.")
    return unicodedata.normalize("NFC", raw)


@dataclass(frozen=True, order=True)
class DomainName:
    """A host name of two labels or more, by UTS 46 and IDNA 2008 (RFC 5891), lengths by RFC 1035 section 2.3.4."""

    ascii: str  # A-labels, lower case, without a final dot

    @classmethod
    def parse(cls, raw: object) -> Self:
        """From A-labels or U-labels, as typed. Raises Refused."""
        text = plain_text(raw).strip()
        if not text:
            raise Refused("Please give a domain name.")
        ascii_name = _a_labels(text)
        labels = ascii_name.split(".")
        if len(labels) < 2:
            raise Refused("A domain name has at least two parts, such as example.com.")
        if len(ascii_name) > 253:
            raise Refused("This domain name is too long: at most 253 characters.")
        if NUMERIC_LABEL.fullmatch(labels[-1]):
            raise Refused("This is an address, not a domain name.")
        return cls(ascii_name)

    @property
    def unicode(self) -> str:
        """As people read it."""
        return idna.decode(self.ascii)

    @property
    def reverse(self) -> str:
        """Labels from the root down, each with a dot, so that all names below one share its beginning: "de.example."."""
        return "".join(f"{label}." for label in reversed(self.ascii.split(".")))

    @property
    def above(self) -> tuple[str, ...]:
        """All names above this one, the nearest first, single labels included."""
        labels = self.ascii.split(".")
        return tuple(".".join(labels[start:]) for start in range(1, len(labels)))

    def __str__(self) -> str:
        return self.unicode


def _a_labels(text: str) -> str:
    try:
        ascii_name = idna.encode(text, uts46=True, std3_rules=True, transitional=False).decode("ascii")
        if idna.encode(idna.decode(ascii_name)).decode("ascii") != ascii_name or ascii_name.endswith("."):
            raise Refused("This is not a valid domain name.")
    except idna.IDNABidiError as error:
        raise Refused("This domain name mixes writing directions in a way that can mislead.") from error
    except (idna.IDNAError, UnicodeError) as error:
        raise Refused("This is not a valid domain name.") from error
    return ascii_name


class Line(str):
    """One line of text for people to read."""

    maximum: ClassVar[int] = 200
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        if not text:
            raise Refused("This must not be empty.")
        if len(text) > cls.maximum:
            raise Refused("This is too long: at most %(maximum)d characters.", maximum=cls.maximum)
        return cls(text)


class PersonName(Line):
    """The name of a person or company."""


class Title(Line):
    """A heading or prompt."""

    maximum = 100


class UserName(Line):
    """A name to sign in with; a colon would end it (RFC 7617 section 2)."""

    maximum = 64

    @classmethod
    def parse(cls, raw: object) -> Self:
        name = super().parse(raw)
        if ":" in name:
            raise Refused("A user name must not contain a colon.")
        return name


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


class RelativePath(str):
    """A path below some folder, segments joined by "/": letters and digits of any language and a few signs."""

    longest: ClassVar[int] = 1_000  # bytes of UTF-8
    deepest: ClassVar[int] = 32
    signs: ClassVar[frozenset[str]] = frozenset("._-+@~, ")
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        path = cls(plain_text(raw))
        if path.startswith("/"):
            raise Refused("The path must be relative, without a leading slash.")
        segments = path.split("/")
        if len(path.encode()) > cls.longest or len(segments) > cls.deepest:
            raise Refused("This path is too long.")
        for segment in segments:
            _check_segment(segment)
        return path


def _check_segment(segment: str) -> None:
    if segment in {"", ".", ".."}:
        raise Refused("The path must not contain empty parts, “.” or “..”.")
    if len(segment.encode()) > 255:  # NAME_MAX
        raise Refused("This path is too long.")
    wrong = [sign for sign in segment if unicodedata.category(sign)[0] not in "LMN" and sign not in RelativePath.signs]
    if wrong:
        raise Refused("The path must not contain the character “%(sign)s”.", sign=wrong[0])
    if segment[0] in "-~ " or segment[-1] == " ":
        raise Refused("No part of the path may begin with “-” or “~”, or begin or end with a space.")


class Secret:
    """Text that is neither shown nor logged; `reveal` is the only way to it."""

    minimum: ClassVar[int] = 1
    maximum: ClassVar[int] = 200
    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw)
        if not text:
            raise Refused("This must not be empty.")
        if len(text) < cls.minimum:
            raise Refused("This is too short: at least %(minimum)d characters.", minimum=cls.minimum)
        if len(text) > cls.maximum:
            raise Refused("This is too long: at most %(maximum)d characters.", maximum=cls.maximum)
        return cls(text)

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


class NewPassword(Secret):
    """A password being set: long enough, and not one sign again and again (after NIST SP 800-63B section 5.1.1)."""

    minimum = 10
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        password = super().parse(raw)
        if len(set(password.reveal())) < 5:
            raise Refused("This password is too easy to guess.")
        return password


class Day(date):
    """A day, as 2026-12-24 or 24.12.2026."""

    __slots__ = ()
    FORMS = (
        re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII),
        re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4})", re.ASCII),
    )

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        found = next((found for form in cls.FORMS if (found := form.fullmatch(text))), None)
        try:
            day = cls(**{name: int(part) for name, part in found.groupdict().items()}) if found else cls.min
        except ValueError:
            day = cls.min
        if not 2000 <= day.year < 3000:
            raise Refused("A day such as 2026-12-24 is needed.")
        return cls(day.year, day.month, day.day)
