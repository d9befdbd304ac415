"""A bank statement's file, of whichever format and encoding, into statements that were checked."""

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules import camt, mt940
from gasthof.slices.billing.rules.booking import Statement, checked

LARGEST = 20_000_000  # bytes
LETTERS = frozenset("äöüßÄÖÜáčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽľĺŕôĽąćęłńśźżĄĆĘŁŃŚŹŻőűŐŰ§€")
ENCODINGS = ("cp1252", "cp1250", "iso8859-2", "cp852", "cp850")  # of which banks do not say which


def read(content: bytes) -> list[Statement]:
    """Each with its bookings. Raises Refused with line or element, also for balances that do not add up."""
    if len(content) > LARGEST:
        raise Refused("This file is too large.")
    if content.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        found = camt.read(content.lstrip())
    else:
        found = mt940.read(decoded(content))
    if not found:
        raise Refused("This is neither an MT940 nor a CAMT.053 file.")
    return [checked(each) for each in found]


def decoded(content: bytes) -> str:
    """UTF-8 where it is valid; else in the encoding in which most of the signs beyond ASCII are letters of our neighbourhood."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return max((content.decode(name, "replace") for name in ENCODINGS), key=_letters)


def _letters(text: str) -> int:
    beyond = [sign for sign in text if ord(sign) > 127]
    return sum(sign in LETTERS for sign in beyond) - sum(sign not in LETTERS for sign in beyond)
