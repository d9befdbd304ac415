"""Values of verbs: what registries ask of contacts (RFC 5733 section 2), and authorisation codes."""

import re
from typing import Self

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, Line, Secret, plain_text

PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{3,12}")
LOCAL = re.compile(r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+(\.[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+)*")  # RFC 5321's dot-string
POSTCODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{1,14}")


class Country(str):
    """Two letters of ISO 3166-1, in capitals."""

    maximum = 2
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip().upper()
        if not (len(text) == 2 and text.isascii() and text.isalpha()):
            raise Refused("A country is two letters: DE, AT or CZ, say.")
        return cls(text)


class Phone(str):
    """A number as E.164 has it, with a dot behind the country's code: +43.123456789. Common ways to write it are understood."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = re.sub(r"[ ()/-]", "", plain_text(raw))
        text = "+" + text[2:] if text.startswith("00") else text
        if not PHONE.fullmatch(text):
            raise Refused("Write the number with the country’s code and a dot behind it: +43.123456789.")
        return cls(text)


class ContactAddress(str):
    """An e-mail address, its domain as A-labels: registries take no other (RFC 5733 section 2.6)."""

    maximum = 320
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        local, _, domain = plain_text(raw).strip().rpartition("@")
        if not LOCAL.fullmatch(local) or len(local) > 64:
            raise Refused("This is not a valid e-mail address.")
        return cls(f"{local}@{DomainName.parse(domain).ascii}")


class Postcode(str):
    maximum = 15
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        if not POSTCODE.fullmatch(text):
            raise Refused("A postcode has letters, digits, spaces and hyphens: 2 to 15 of them.")
        return cls(text.upper())


class Consent(Line):
    """How the holder said that the domain name is to end: by letter of what date, say."""


class Reason(Line):
    """Why a deletion is to be undone."""


class AuthorisationCode(Secret):
    """What a holder shows to move a name to another registrar (RFC 5731 section 2.6: authInfo)."""

    minimum = 6
    maximum = 64
    __slots__ = ()
