"""Pure decisions about mail: which addresses and passwords there may be (RFC 5321 section 4.1.2, spec row P17)."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName, plain_text

OWN = re.compile(
    r"[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_-]+)*"
)  # a dot-string of the signs that every mail program can type
ATOM = r"[A-Za-z0-9#$&'*+/=?^_`{}~-]+"  # atext without "!", "%" and "|", by which mail was once sent round corners
ELSEWHERE = re.compile(rf"{ATOM}(?:\.{ATOM})*")
LONGEST_LOCAL, LONGEST_ADDRESS = 64, 254  # octets, RFC 5321 section 4.5.3.1 and its erratum 1690
RESERVED = ("postmaster", "abuse")  # RFC 2142: mail for them always reaches somebody
MOST_TARGETS = 20  # of one forward
SHORTEST_PASSWORD = 8
SPF = "v=spf1 a mx -all"  # the servers that the domain's own name and its MX lead to, and nobody else


def check_local(text: str) -> str:
    """The part before the @ of an address here, in lower case. Raises Refused."""
    local = text.strip().lower()
    if not local:
        raise Refused("This must not be empty.")
    if "@" in local:
        raise Refused("Only the part before the @ is needed.")
    if not local.isascii():
        raise Refused(
            "Before the @ there can be no umlauts or letters of other scripts: many mail servers refuse them."
        )
    if "+" in local:
        raise Refused("What follows a “+” belongs to the sender: name+anything reaches the address “name” by itself.")
    if len(local) > LONGEST_LOCAL:
        raise Refused("This is too long: at most %(maximum)d characters.", maximum=LONGEST_LOCAL)
    if not OWN.fullmatch(local):
        raise Refused(
            "Before the @ letters, digits, “.”, “_” and “-” are possible, with no dot at the ends or beside another."
        )
    return local


def check_target(raw: object) -> str:
    """Any address that mail may be forwarded to, its domain as A-labels. Raises Refused."""
    text = plain_text(raw).strip()
    local, at, domain = text.rpartition("@")
    if not at or not local:
        raise Refused("“%(text)s” is not a mail address.", text=text)
    if not local.isascii():
        raise Refused(
            "Mail cannot be forwarded to “%(text)s”: before the @ there are letters beyond a to z.", text=text
        )
    name = DomainName.parse(domain)
    if not ELSEWHERE.fullmatch(local) or local.startswith("-") or len(local) > LONGEST_LOCAL:
        raise Refused("“%(text)s” is not a mail address.", text=text)
    if len(address := f"{local}@{name.ascii}") > LONGEST_ADDRESS:
        raise Refused("This is too long: at most %(maximum)d characters.", maximum=LONGEST_ADDRESS)
    return address


def check_targets(raw: Iterable[object]) -> tuple[str, ...]:
    """Each once, in the order given. Raises Refused."""
    found = tuple(dict.fromkeys(check_target(each) for each in raw))
    if len(found) > MOST_TARGETS:
        raise Refused("Mail can be forwarded to at most %(maximum)d addresses.", maximum=MOST_TARGETS)
    return found


def check_vacation(text: str, first: date | None, last: date | None, today: date) -> None:
    """Whether an out-of-office note can be switched on. Raises Refused, about the field that is wrong."""
    if not text:
        raise Refused("This must not be empty.").at("text")
    if last and first and last < first:
        raise Refused("The last day comes before the first.").at("last")
    if last and last < today:
        raise Refused("This day is over already.").at("last")


def vacation_state(
    on: bool, first: date | None, last: date | None, today: date
) -> Literal["off", "planned", "on", "over"]:
    if not on:
        return "off"
    if first and today < first:
        return "planned"
    return "over" if last and last < today else "on"


def check_password(text: str) -> None:
    """Spec row P17. Raises Refused."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())
    if len(text) < SHORTEST_PASSWORD or not all(any(kind(sign) for sign in text) for kind in kinds):
        raise Refused(
            "The password needs at least %(minimum)d characters, with lower-case and upper-case letters, digits and "
            "special characters.",
            minimum=SHORTEST_PASSWORD,
        )


def check_password_of(local: str, text: str) -> None:
    """A password that holds the name of its mailbox is guessed first. Raises Refused."""
    if len(local) > 2 and local in text.casefold():
        raise Refused("The password must not contain the mailbox’s name.")


def stripped(address: str) -> str:
    """Lower case, without "+detail": what a target here is looked up by."""
    local, _, domain = address.lower().rpartition("@")
    plain = local.partition("+")[0] or local
    return f"{plain}@{domain}"


def server_name(domain: str, label: str = "mail") -> str | None:
    """The name that mail programs use for a domain's servers; None where it would be too long to be one."""
    name = f"{label}.{domain}"
    return name if len(name) <= 253 else None
