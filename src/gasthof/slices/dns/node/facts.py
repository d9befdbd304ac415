"""What the machine shows of zones and of PowerDNS. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import lookup, read
from gasthof.agent.sdk.read import Fact
from gasthof.agent.sdk.steps import Rows
from gasthof.prefix import Prefix
from gasthof.slices.dns.node import keys
from gasthof.slices.dns.node.configuration import addresses
from gasthof.slices.dns.node.rows import KEY, ZONE, database, serial_of
from gasthof.slices.dns.spec import ZoneSpec

RESOLVERS = Path("/etc/resolv.conf")


@dataclass(frozen=True)
class ZoneFacts:
    rows: Mapping[Path, Mapping[str, Rows]]  # of the zone and of its key
    fresh: str = ""  # a key that nobody has seen, for a zone that is to be signed and has none
    ordered: bool = True


@dataclass(frozen=True)
class BaseFacts:
    places: Mapping[Path, Fact]
    database: str  # what is wrong with it
    resolver: str


def zones(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, ZoneFacts]:
    """Facts of each zone, by name."""
    place = database(machine.prefix)
    found = lookup.rows(place, [f"{kind} {key}" for key in wanted for kind in (ZONE, KEY)])
    return {key: _zone(place.path, key, found, each) for key, each in wanted.items()}


def _zone(path: Path, key: str, found: Mapping[str, Rows], wanted: Wanted) -> ZoneFacts:
    own = {owner: found[owner] for owner in (f"{ZONE} {key}", f"{KEY} {key}") if owner in found}
    signed = wanted.spec is not None and wanted.spec.dnssec
    fresh = keys.new_key() if signed and not _keys(own, key) else ""
    return ZoneFacts({path: own}, fresh, wanted.ordered)


def _keys(found: Mapping[str, Rows], key: str) -> list[str]:
    texts = [str(row[-1]) for row in found.get(f"{KEY} {key}", {}).get("keys", ())]
    return [text for text in texts if keys.usable(text)]


def present_zones(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """Every zone that owns a row. A key alone is none: it waits for its zone to come back."""
    for key in lookup.owners(database(prefix), ZONE):
        yield key, ""


def findings(machine: Machine, wanted: Mapping[str, ZoneSpec]) -> dict[str, dict[str, list[str] | int]]:
    """ds: contents for the zone above, of a zone that is signed. serial: what is served."""
    found = lookup.rows(database(machine.prefix), [f"{kind} {key}" for key in wanted for kind in (ZONE, KEY)])
    return {key: _findings(key, spec, found) for key, spec in wanted.items()}


def _findings(key: str, spec: ZoneSpec, found: Mapping[str, Rows]) -> dict[str, list[str] | int]:
    told: dict[str, list[str] | int] = {"serial": serial_of(found.get(f"{ZONE} {key}", {})) or 0}
    if spec.dnssec:
        told["ds"] = [keys.ds(key, text) for text in _keys(found, key)]
    return told


def base(machine: Machine) -> BaseFacts:
    """The folder, the configuration, the database, and whom this machine asks for names."""
    prefix = machine.prefix
    folder = prefix.state / "dns"
    places = {folder: read.directory(folder), folder / "pdns.conf": read.fact(folder / "pdns.conf")}
    return BaseFacts(places, lookup.wrong(database(prefix)), _resolver(prefix))


def _resolver(prefix: Prefix) -> str:
    """The machine's first; a machine without one knows at least what it serves itself."""
    text = RESOLVERS.read_text("utf-8", "replace") if RESOLVERS.exists() else ""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == "nameserver" and (known := _address(words[1])):
            return known
    return f"{addresses(prefix)[0]}:{prefix.ports['dns']}"


def _address(text: str) -> str:
    try:
        found = ip_address(text)
    except ValueError:
        return ""
    return f"[{found}]:53" if found.version == 6 else f"{found}:53"
