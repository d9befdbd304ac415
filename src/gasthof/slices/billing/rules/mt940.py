"""MT940 customer statements (SWIFT Standards MT Category 9), as banks write them: tags, the line :61:, the purposes of :86:.

An own reader, since the library for it makes one of several statements (docs/decisions/0011-billing.md).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from gasthof.kernel.refusal import Refused
from gasthof.slices.billing.rules import money, references
from gasthof.slices.billing.rules.booking import Booking, Statement

TAG = re.compile(r":(?P<tag>\d{2,3}[A-Z]?|NS):")
BALANCE = re.compile(r"(?P<mark>[DC])\d{6}(?P<currency>[A-Z]{3})(?P<amount>[\d,]{1,25})")
LINE = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}|\s{4})?(?P<mark>R?[DC])(?P<funds>[A-Z])?\s?(?P<amount>[\d,]{1,25})"
    r"(?:[A-Z][A-Z0-9 ]{3}(?P<own>(?:(?!//)[^\n])*)(?://(?P<bank>[^\n]*))?)?(?:\n(?P<more>.*))?",
    re.DOTALL,
)
ENDS = re.compile(r"-(?:\}|XXX)?\s*")
BROKEN_TAG = re.compile(r"\n:\n(?=\d{2}[A-Z]?:)")  # some banks cut their file into lines of 65 characters
SUBFIELD = re.compile(r"\?(\d{2})")
PURPOSES = {*(f"{number:02d}" for number in range(20, 30)), *(f"{number:02d}" for number in range(60, 64))}
SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP)\+")
SLASHED = re.compile(r"/(EREF|NAME|IBAN|REMI|CNTP|ORDP|BENM|MARF|CSID|TRTP|BIC|ISDT|RTRN|PREF|SVCL)/")


@dataclass(frozen=True)
class Tag:
    name: str
    text: str  # lines joined by line feeds
    line: int  # in the file, from 1


def read(text: str) -> list[Statement]:
    """All statements of a file, unchecked. Raises Refused with the line's number."""
    tags = list(_tags(text.replace("\r\n", "\n").replace("\r", "\n")))
    if any(tag.name in {"34F", "13D", "90D", "90C"} for tag in tags):
        raise Refused("This is an interim report (MT942). Please upload the statement of the closed day.")
    starts = [position for position, tag in enumerate(tags) if tag.name == "20"]
    return [_statement(tags[start:end]) for start, end in pairwise([*starts, len(tags)])]


def _tags(text: str) -> Iterator[Tag]:
    """What stands before the first tag is the envelope's, and so is a single dash."""
    gathered: list[str] = []
    name, begun = "", 0
    for number, line in enumerate(BROKEN_TAG.sub("\n:", text).split("\n"), 1):
        if found := TAG.match(line):
            if name:
                yield Tag(name, "\n".join(gathered).rstrip("\n"), begun)
            name, begun, gathered = found["tag"], number, [line[found.end() :]]
        elif not ENDS.fullmatch(line):
            gathered.append(line)
    if name:
        yield Tag(name, "\n".join(gathered).rstrip("\n"), begun)


def _statement(tags: list[Tag]) -> Statement:
    account, opening, closing = _only(tags, "25"), _only(tags, "60F", "60M"), _only(tags, "62F", "62M")
    currency, first = _balance(opening)
    last_currency, last = _balance(closing)
    if currency != last_currency:
        raise _refused(closing, "another currency than that of the opening balance")
    place = account.text.split("\n")[0].strip()
    owner = references.iban(place) or references.iban(place.removesuffix(currency).rstrip("/ ")) or place
    return Statement(
        owner, next((tag.text.strip() for tag in tags if tag.name in {"28C", "28"}), ""), currency, first, last,
        tuple(_bookings(tags, owner, currency)), f"{closing.line} (:{closing.name}:)",
    )  # fmt: skip


def _only(tags: list[Tag], *names: str) -> Tag:
    found = [tag for tag in tags if tag.name in names]
    if not found:
        raise Refused("Line %(line)d: this statement lacks the field :%(tag)s:.", line=tags[0].line, tag=names[0])
    return found[0] if names[0].startswith(("25", "60")) else found[-1]


def _refused(tag: Tag, _why: str = "") -> Refused:
    return Refused(
        "Line %(line)d: “%(text)s” cannot be read as field :%(tag)s:.", line=tag.line, text=tag.text[:40], tag=tag.name
    )


def _balance(tag: Tag) -> tuple[str, int]:
    found = BALANCE.match(tag.text)
    if not found:
        raise _refused(tag)
    amount = _units(tag, found["amount"], found["currency"])
    return found["currency"], -amount if found["mark"] == "D" else amount


def _units(tag: Tag, text: str, currency: str) -> int:
    try:
        return money.units(text, currency)
    except Refused as error:
        raise _refused(tag) from error


def _bookings(tags: list[Tag], account: str, currency: str) -> Iterator[Booking]:
    lines = [position for position, tag in enumerate(tags) if tag.name == "61"]
    for start, end in pairwise([*lines, len(tags)]):
        below = tags[start + 1 : end]
        told = "\n".join(tag.text for tag in below if tag.name in {"86", "NS"})
        yield _booking(tags[start], told, account, currency)


def _booking(tag: Tag, told: str, account: str, currency: str) -> Booking:
    found = LINE.fullmatch(tag.text)
    if not found:
        raise _refused(tag)
    value = _day(tag, found["value"])
    amount = _units(tag, found["amount"], currency)
    parts = _purpose(told)
    own = _meant(found["own"] or "")
    text = parts["text"] or (found["more"] or "").strip()
    return Booking(
        account, _entry_day(tag, found["entry"], value), value, amount if found["mark"] in {"C", "RD"} else -amount, currency,
        name=parts["name"], iban=references.iban(parts["iban"]), end_to_end=_meant(parts["end_to_end"]), text=text,
        symbol=references.labelled_symbol(own, parts["end_to_end"], text), bank_id=_meant((found["bank"] or "").strip()),
        reversal=found["mark"].startswith("R") or parts["returned"] == "yes",
    )  # fmt: skip


def _meant(reference: str) -> str:
    """What banks write where there is no reference is none."""
    return "" if reference.strip().upper() in {"NONREF", "NOTPROVIDED", "KREF+", ""} else reference.strip()


def _day(tag: Tag, text: str) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError as error:
        raise _refused(tag) from error


def _entry_day(tag: Tag, text: str | None, value: date) -> date:
    """Month and day without a year: that of the nearest such day."""
    if not text or not text.strip():
        return value
    near = [year for year in (value.year - 1, value.year, value.year + 1) if 2000 <= year < 2100]
    days = [_day(tag, f"{year % 100:02d}{text}") for year in near if text != "0229" or year % 4 == 0]
    return min(days, key=lambda day: abs((day - value).days), default=value)


def _purpose(text: str) -> dict[str, str]:
    """Name, IBAN, end-to-end id and remittance text of field :86:, in the three ways in which banks write it."""
    if re.match(r"\d{3}\?", text):
        return _german(text.replace("\n", ""))
    if SLASHED.search(text):
        return _slashed(text.replace("\n", ""))
    return _parts(text=" ".join(text.split()))


def _parts(
    *, name: str = "", iban: str = "", end_to_end: str = "", text: str = "", returned: str = ""
) -> dict[str, str]:
    return {"name": name, "iban": iban, "end_to_end": end_to_end, "text": text, "returned": returned}


def _german(text: str) -> dict[str, str]:
    """Subfields ?00 to ?63 (Deutsche Kreditwirtschaft, DFÜ agreement, annex 3); SEPA's own signs within the purposes."""
    code, *rest = SUBFIELD.split(text)
    fields = list(zip(rest[::2], rest[1::2], strict=True))
    purpose = "".join(value for number, value in fields if number in PURPOSES)
    signs = _signed(SEPA, purpose)
    name = " ".join("".join(value for number, value in fields if number in {"32", "33"}).split())
    return _parts(
        name=name, iban=next((value for number, value in fields if number == "31"), "") or signs.get("IBAN", ""),
        end_to_end=signs.get("EREF", ""), text=signs.get("SVWZ", signs[""]) or purpose,
        returned="yes" if code in {"108", "109", "159"} else "",
    )  # fmt: skip


def _slashed(text: str) -> dict[str, str]:
    """/EREF/.../NAME/.../REMI/... (SWIFT's structured form, as Dutch and other banks have it)."""
    signs = _signed(SLASHED, text)
    remittance = re.sub(r"^(USTD|STRD)//", "", signs.get("REMI", ""))
    return _parts(
        name=signs.get("NAME", ""), iban=signs.get("IBAN", ""), end_to_end=signs.get("EREF", ""),
        text=remittance or text, returned="yes" if "RTRN" in signs else "",
    )  # fmt: skip


def _signed(signs: re.Pattern[str], text: str) -> dict[str, str]:
    """Text by the sign before it; "" is what stands before the first."""
    first, *rest = signs.split(text)
    return {"": first.strip()} | {sign: value.strip(" /") for sign, value in zip(rest[::2], rest[1::2], strict=True)}
