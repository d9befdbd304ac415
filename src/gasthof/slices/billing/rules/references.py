"""What people and banks write around a payment: variable symbols, IBANs, names."""

import re
import unicodedata

LABELLED = re.compile(r"(?<![A-Z])VS[\s:/.+]{0,3}0*([1-9]\d{0,9})(?!\d)", re.IGNORECASE)
DIGITS = re.compile(r"(?<!\d)0*([1-9]\d{3,9})(?!\d)")
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")  # ISO 13616
LEGAL_FORMS = {
    "gmbh",
    "ag",
    "kg",
    "ohg",
    "ug",
    "ev",
    "sro",
    "as",
    "spol",
    "ltd",
    "co",
    "gbr",
    "mbh",
    "und",
    "herr",
    "frau",
}


def labelled_symbol(*texts: str) -> str:
    """The variable symbol that is named as such ("VS: 12345", "/VS12345/"), "" if none is, or if several differ."""
    found = {match for text in texts for match in LABELLED.findall(text)}
    return found.pop() if len(found) == 1 else ""


def numbers(*texts: str) -> list[str]:
    """Whatever may be a variable symbol, in the order in which it stands there, without leading zeros."""
    return list(dict.fromkeys(match for text in texts for match in DIGITS.findall(text)))


def iban(text: str) -> str:
    """Without spaces, or "" for what is none: shape and check digits (ISO 13616, ISO 7064 MOD 97-10)."""
    packed = "".join(text.split()).upper()
    if not IBAN.fullmatch(packed):
        return ""
    rearranged = packed[4:] + packed[:4]
    return packed if int("".join(str(int(sign, 36)) for sign in rearranged)) % 97 == 1 else ""


def words(name: str) -> frozenset[str]:
    """A name's words, without accents and legal forms; "ü" and "ue" are one."""
    lower = name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace(".", "")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(sign))
    found = re.findall(r"[^\W_]+", plain)
    return frozenset(word for word in found if len(word) > 1 and word not in LEGAL_FORMS)


def same_name(one: frozenset[str], other: frozenset[str]) -> bool:
    """Two words or more in common, or all words of a name that has only one."""
    common = one & other
    return len(common) >= 2 or (bool(common) and common in (one, other) and min(len(one), len(other)) == 1)
