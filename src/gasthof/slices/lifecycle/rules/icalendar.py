"""A calendar of whole days as RFC 5545 has it, for programs that follow an address. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

LONGEST = 75  # octets of a line (section 3.1)
BEGINNING = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Gasthof//lifecycle//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
)


@dataclass(frozen=True)
class Entry:
    """`uid`: the same as long as it is the same, whatever its day is (section 3.8.4.7)."""

    uid: str
    day: date
    summary: str
    description: str


def calendar(name: str, entries: Iterable[Entry], at: datetime) -> str:
    """The whole file. `at`: when it was made, in UTC."""
    lines = [*BEGINNING, f"X-WR-CALNAME:{escaped(name)}"]
    for entry in entries:
        lines += _event(entry, at)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in folded(line))


def _event(entry: Entry, at: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(entry.summary)}"
    yield f"DESCRIPTION:{escaped(entry.description)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """Section 3.3.11. Other control characters have no place in a calendar and are left out."""
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return "".join(sign for sign in "\\n".join(text.splitlines()) if sign.isprintable())


def folded(line: str) -> Iterator[str]:
    """Section 3.1: no line is longer, and no character is torn apart."""
    part, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + sign, size + octets
    yield part
