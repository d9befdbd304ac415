"""Values that only mail's verbs take."""

import unicodedata
from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import LONGEST_INPUT, UNPRINTABLE, DomainName, Line, Secret, plain_text
from gasthof.slices.mail import rules


class LocalPart(str):
    """The part before the @ of an address here, in lower case."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        return cls(rules.check_local(plain_text(raw)))


class MailAddress(str):
    """An address here: local@a-label in lower case."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        local, _, name = plain_text(raw).rpartition("@")
        return cls(f"{rules.check_local(local)}@{DomainName.parse(name).ascii}")


class Targets(tuple[str, ...]):
    """Addresses that mail is forwarded to: a list, or text with commas between them. May be empty."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if isinstance(raw, list | tuple):
            if len(raw) > LONGEST_INPUT:
                raise Refused("This is too long.")
            return cls(rules.check_targets(raw))
        parts = plain_text(raw).split(",")
        return cls(rules.check_targets(part for part in parts if part.strip()))


class DisplayName(Line):
    """A person's or an office's name beside the address; may be empty."""

    maximum = 100

    @classmethod
    def parse(cls, raw: object) -> Self:
        return super().parse(raw) if not isinstance(raw, str) or raw.strip() else cls("")


class Subject(Line):
    """Of a mail; may be empty."""

    maximum = 150

    @classmethod
    def parse(cls, raw: object) -> Self:
        return super().parse(raw) if not isinstance(raw, str) or raw.strip() else cls("")


class Message(str):
    """What a mail says, its lines ended by "\\n"; may be empty. Joiners stay: emoji and some scripts are made with them."""

    maximum = 4_000
    allowed = frozenset("\n\u200c\u200d")
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        if not isinstance(raw, str):
            raise Refused("This must be text.")
        if len(raw) > 2 * cls.maximum:
            raise Refused("This is too long: at most %(maximum)d characters.", maximum=cls.maximum)
        text = raw.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
        if any(unicodedata.category(sign) in UNPRINTABLE and sign not in cls.allowed for sign in text):
            raise Refused("Control characters and invisible characters are not allowed.")
        text = unicodedata.normalize("NFC", text).strip()
        if len(text) > cls.maximum:
            raise Refused("This is too long: at most %(maximum)d characters.", maximum=cls.maximum)
        return cls(text)


class MailPassword(Secret):
    """A mailbox's password being set, by the rules of spec row P17."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        password = super().parse(raw)
        rules.check_password(password.reveal())
        return password
