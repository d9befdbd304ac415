"""Where CNAME and ALIAS records of this house lead: nowhere may one go round in a circle, PowerDNS would ask itself without end."""

from collections.abc import Callable, Iterable

from gasthof.kernel.refusal import Refused
from gasthof.slices.dns.rules import contents, names
from gasthof.slices.dns.spec import RecordSpec

POINTERS = ("ALIAS", "CNAME")
MOST_STEPS = 16  # as many as resolvers go (PowerDNS: max-cnames-to-follow is 10)

Look = Callable[[str], RecordSpec | None]  # a name -> the CNAME or ALIAS that this house would answer with


def pointer(there: Iterable[RecordSpec], zone: str, name: str) -> RecordSpec | None:
    """The CNAME or ALIAS that a zone with these records answers with for a name in it, wildcards included (RFC 4592)."""
    listed = list(there)
    exist = {above for each in listed for above in _upwards(each.name, zone)}
    asked = name
    if name not in exist:
        nearest = next(each for each in _upwards(name, zone) if each in exist or each == zone)
        asked = f"*.{nearest}"
    return next((each for each in listed if each.name == asked and each.type in POINTERS), None)


def elsewhere(record: RecordSpec, zone: str, before: Iterable[RecordSpec], after: Iterable[RecordSpec]) -> bool:
    """Whether such a record is answered by another one now."""
    target = contents.target(record.type, record.contents[0]) or ""
    return names.within(target, zone) and pointer(before, zone, target) != pointer(after, zone, target)


def _upwards(name: str, zone: str) -> list[str]:
    found = [name]
    while found[-1] != zone:
        found.append(found[-1].partition(".")[2])
    return found


def check(start: RecordSpec, look: Look) -> None:
    """An ALIAS must not lead to an ALIAS of this house, nor a CNAME back to itself. Raises Refused."""
    at = start
    for _ in range(MOST_STEPS):
        target = contents.target(at.type, at.contents[0]) or ""
        following = look(target)
        if following is None:
            return
        if following.type == start.type == "ALIAS":
            raise Refused("An ALIAS cannot lead to another one, nor to itself: %(target)s.", target=names.shown(target))
        if (following.name, following.type) == (start.name, start.type):
            break
        at = following
    raise Refused("This leads back to itself: %(name)s.", name=names.shown(start.name))
