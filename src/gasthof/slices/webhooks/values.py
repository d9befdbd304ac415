"""Values that only the verbs of webhooks take."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import ClassVar, Self
from urllib.parse import SplitResult, quote, urlsplit

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, plain_text
from gasthof.slices.webhooks.rules import KINDS, SECURE_PORT, is_port

UNRESERVED = "/:@!$&'()*+,;=~-._%"  # of a path, percent-encoded already or not (RFC 3986 section 3.3)


class Url(str):
    """Where events go: https, a host by name (as A-labels) or by address, a port that may be, path and query in ASCII."""

    maximum: ClassVar[int] = 2_000  # characters, as it is kept and as it was typed
    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        text = plain_text(raw).strip()
        if re.search(r"[\s\\\"<>^`{|}]", text):
            raise Refused("An address holds no spaces, quotes, backslashes or brackets.")
        parts, port = _split(text)
        if parts.scheme.lower() != "https":
            raise Refused("The address must begin with https://.")
        if "@" in parts.netloc:
            raise Refused("No name and password may stand in the address: what is sent is signed.")
        if "#" in text:
            raise Refused("Nothing may follow a “#” in the address: it would never be sent.")
        if not is_port(port):
            raise Refused("The port must be 443, or 1024 or above.")
        numbered = "" if port == SECURE_PORT else f":{port}"
        query = f"?{quote(parts.query, UNRESERVED + '?')}" if parts.query else ""
        whole = f"https://{_host(parts)}{numbered}{quote(parts.path or '/', UNRESERVED)}{query}"
        if len(whole) > cls.maximum:
            raise Refused("This is too long: at most %(maximum)d characters.", maximum=cls.maximum)
        return cls(whole)

    @property
    def shown(self) -> str:
        """As people read it: the host in their script. Path and query as they are sent."""
        return self.replace(self.host, DomainName(self.host).unicode, 1) if "xn--" in self.host else self

    @property
    def host(self) -> str:
        """A name or an address, without brackets."""
        return urlsplit(self).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self).port or SECURE_PORT

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _split(text: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(text)
        if not parts.hostname or parts.netloc.endswith(":"):
            raise Refused("This is not a valid address: https://example.com/events is one.")
        return parts, SECURE_PORT if parts.port is None else parts.port
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        raise Refused("This is not a valid address: https://example.com/events is one.") from error


def _host(parts: SplitResult) -> str:
    """Addresses in their one spelling; what some programs take for one besides (0x7f.1, 2130706433) is no name either."""
    host = parts.hostname or ""
    try:
        if "[" in parts.netloc and "%" not in host:
            return f"[{IPv6Address(host).compressed}]"
        return str(IPv4Address(host))
    except AddressValueError:
        if "[" in parts.netloc or "%" in host:
            raise Refused("This is not a valid address: https://example.com/events is one.") from None
        return DomainName.parse(host.removesuffix(".")).ascii


class EventKinds(tuple[str, ...]):
    """Kinds of events, each once, in the order of rules.KINDS. Typed with commas or spaces between them, or a list."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: object) -> Self:
        listed = raw if isinstance(raw, list) else [raw]
        if len(listed) > len(KINDS):
            raise Refused("This is too long.")
        named = {name for each in listed for name in plain_text(each).replace(",", " ").split()}
        if not named or named - set(KINDS):
            raise Refused("One or several of these are needed: %(kinds)s.", kinds=", ".join(KINDS))
        return cls(kind for kind in KINDS if kind in named)


EVERY_KIND = EventKinds(KINDS)
