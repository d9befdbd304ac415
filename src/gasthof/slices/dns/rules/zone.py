"""What of a zone is served: defaults that slices want, what the customer set instead, and what hides what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from gasthof.slices.dns.rules.names import below, within
from gasthof.slices.dns.spec import RecordSpec

Key = tuple[str, str]  # name and type of a record set
Source = Literal["own", "default"]
SERVERS_TTL = 3_600
ADDRESSES = ("A", "AAAA")
AT_CUT = ("NS", "DS")  # what a zone may say of a zone below it (RFC 4035 section 2.4)


@dataclass(frozen=True)
class Ground:
    """All that a zone is made of."""

    zone: str
    servers: tuple[str, ...]  # name servers of this house
    defaults: tuple[RecordSpec, ...]  # as the slices want them
    own: tuple[RecordSpec, ...]  # as the customer set them; without contents: a default that is switched off
    children: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # names below with zones of their own in this house, the nearest only -> their name servers
    glue: tuple[RecordSpec, ...] = ()  # addresses of name servers that lie below such a name, a machine's (RFC 9471)


@dataclass(frozen=True)
class Placed:
    """One record set of a zone, served or not."""

    record: RecordSpec
    source: Source
    state: Literal["served", "off", "hidden"]  # off: by the customer. hidden: by what else stands there


def key(record: RecordSpec) -> Key:
    return record.name, record.type


def compose(ground: Ground) -> tuple[Placed, ...]:
    """Every record set of the zone in a settled order: own ones, and defaults that no own one stands in for."""
    own = {key(each): each for each in ground.own}
    defaults = wanted_defaults(ground)
    found = [Placed(each, "own", _own_state(ground, each)) for each in own.values() if each.contents]
    found += [Placed(each, "default", "served") for each in ground.glue]
    for each in defaults.values():
        if key(each) in own:
            found += [] if own[key(each)].contents else [Placed(each, "default", "off")]
        else:
            found.append(Placed(each, "default", "hidden" if _hides(ground, each) else "served"))
    return tuple(sorted(found, key=lambda placed: _order(ground.zone, placed.record)))


def served(ground: Ground) -> tuple[RecordSpec, ...]:
    """What the node is told."""
    return tuple(placed.record for placed in compose(ground) if placed.state == "served")


def wanted_defaults(ground: Ground) -> dict[Key, RecordSpec]:
    """NS of the zone and of zones below it, and what slices want; where two want the same set, both's records."""
    found: dict[Key, RecordSpec] = {}
    for each in (*_name_servers(ground), *ground.defaults):
        if within(each.name, ground.zone) and each.contents:
            before = found.get(key(each), each)
            contents = tuple(dict.fromkeys(before.contents + each.contents))
            found[key(each)] = RecordSpec(each.name, each.type, min(before.ttl, each.ttl), contents)
    return found


def _name_servers(ground: Ground) -> list[RecordSpec]:
    listed = {ground.zone: ground.servers, **ground.children}
    return [RecordSpec(name, "NS", SERVERS_TTL, tuple(f"{each}." for each in found)) for name, found in listed.items()]


def cuts(ground: Ground) -> set[str]:
    """Names at which the zone ends: what lies there is another zone's."""
    own = {each.name for each in ground.own if each.type == "NS" and each.contents and each.name != ground.zone}
    return own | set(ground.children)


def _own_state(ground: Ground, record: RecordSpec) -> Literal["served", "hidden"]:
    """A domain below came or went since the customer set this."""
    if record.type == "DS" and record.name not in cuts(ground):
        return "hidden"
    beyond = cuts(ground) if record.type in AT_CUT else ground.children
    if any(below(record.name, cut) for cut in beyond):
        return "hidden"
    return "hidden" if record.name in ground.children and record.type not in AT_CUT else "served"


def _hides(ground: Ground, default: RecordSpec) -> bool:
    """Whether something of the customer's own, or a zone below, stands where this default would be served."""
    found = cuts(ground)
    at_child = default.name in ground.children and default.type == "NS"
    if any(below(default.name, cut) for cut in found) or (default.name in found and not at_child):
        return True
    own = {each.type for each in ground.own if each.name == default.name and each.contents}
    if default.type in ADDRESSES:
        return bool(own & {"CNAME", "ALIAS"})
    if default.type == "ALIAS":
        return bool(own & {"CNAME", *ADDRESSES})
    return bool(own) if default.type == "CNAME" else "CNAME" in own


def _order(zone: str, record: RecordSpec) -> tuple[object, ...]:
    """The zone's own name first, then by labels from the right."""
    return record.name != zone, tuple(reversed(record.name.split("."))), record.type


def number(records: Iterable[RecordSpec]) -> int:
    """How many records these sets hold."""
    return sum(len(each.contents) for each in records)


def next_serial(last: int, today: date) -> int:
    """Of the customary form YYYYMMDDnn, and higher than the last in any case."""
    return max(last + 1, int(f"{today:%Y%m%d}00"))
