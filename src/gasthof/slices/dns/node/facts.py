"""What the machine shows of zones and of PowerDNS. Reads only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from gasthof.agent.kinds import Machine, Wanted
from gasthof.agent.sdk import lookup, read
from gasthof.agent.sdk.read import Fact
from gasthof.agent.sdk.steps import Rows
from gasthof.prefix import Prefix
from gasthof.slices.dns.node import keys
from gasthof.slices.dns.node.configuration import addresses, own_name
from gasthof.slices.dns.node.rows import KEY, SERIAL, SERVER, ZONE, born_here, database, serial_of
from gasthof.slices.dns.spec import ZoneSpec

RESOLVERS = Path("/etc/resolv.conf")
DNS = 53  # port of resolvers


@dataclass(frozen=True)
class ZoneFacts:
    rows: Mapping[Path, Mapping[str, Rows]]  # of the zone, of its key, and of its last serial
    key: str = ""  # the zone's own
    fresh: str = ""  # one that nobody has seen, for a zone that is to be signed and has none
    last: int | None = None  # serial of a zone of that name that went
    ordered: bool = True


@dataclass(frozen=True)
class KeptFacts:
    database: str  # what is wrong with it


@dataclass(frozen=True)
class BaseFacts:
    places: Mapping[Path, Fact]
    database: str  # what is wrong with it
    resolver: str  # ADDRESS:PORT; "" for a machine without one


@dataclass(frozen=True)
class ServerFacts:
    rows: Mapping[Path, Mapping[str, Rows]]  # of the zones of the machine's own names, and last serials
    former: tuple[str, ...]  # names that the machine had
    last: int  # serial of any zone of its name that went, or of its own; 0 for none
    taken: bool  # a customer has a zone of that name
    today: date
    unknown: bool = False  # last serials cannot be read: dns.keys says why


def zones(machine: Machine, wanted: Mapping[str, Wanted]) -> dict[str, ZoneFacts]:
    """Facts of each zone, by name. apsw.Error while the keys cannot be read."""
    places = (born_here(machine.prefix), database(machine.prefix))
    found = lookup.facts(places, [f"{kind} {key}" for key in wanted for kind in (ZONE, KEY, SERIAL)])
    return {key: _zone(machine.prefix, key, found, each) for key, each in wanted.items()}


def _zone(prefix: Prefix, key: str, found: Mapping[Path, Mapping[str, Rows]], wanted: Wanted) -> ZoneFacts:
    names = {f"{kind} {key}" for kind in (ZONE, KEY, SERIAL)}
    own = {path: {owner: rows for owner, rows in held.items() if owner in names} for path, held in found.items()}
    text = key_of(prefix, key, own)
    fresh = keys.new_key() if wanted.spec is not None and wanted.spec.dnssec and not text else ""
    return ZoneFacts(own, text, fresh, _last(own[born_here(prefix).path], key), wanted.ordered)


def _last(found: Mapping[str, Rows], zone: str) -> int | None:
    return next((int(str(row[0])) for row in found.get(f"{SERIAL} {zone}", {}).get("serials", ())), None)


def key_of(prefix: Prefix, zone: str, found: Mapping[Path, Mapping[str, Rows]]) -> str:
    """The zone's key, "" for none. A copy counts where the original is missing: it was made before there were originals."""
    places = (found.get(each.path, {}) for each in (born_here(prefix), database(prefix)))
    texts = [str(row[-1]) for held in places for row in held.get(f"{KEY} {zone}", {}).get("keys", ())]
    return next((text for text in texts if keys.usable(text)), "")


def known_keys(prefix: Prefix, zones: Iterable[str]) -> dict[str, str]:
    """Of those of these zones that have one."""
    wanted = list(zones)
    found = lookup.facts((born_here(prefix), database(prefix)), [f"{KEY} {zone}" for zone in wanted])
    texts = {zone: key_of(prefix, zone, found) for zone in wanted}
    return {zone: text for zone, text in texts.items() if text}


def present_zones(prefix: Prefix) -> Iterator[tuple[str, str]]:
    """Every zone that owns a row. A key alone is none: it waits for its zone to come back."""
    for key in lookup.owners(database(prefix), ZONE):
        yield key, ""


def findings(machine: Machine, wanted: Mapping[str, ZoneSpec]) -> dict[str, dict[str, list[str] | int]]:
    """ds: contents for the zone above, of a zone that is signed. serial: what is served."""
    rows = lookup.rows(database(machine.prefix), [f"{ZONE} {key}" for key in wanted])
    texts = known_keys(machine.prefix, [key for key, spec in wanted.items() if spec.dnssec])
    return {key: _findings(key, spec, rows, texts.get(key, "")) for key, spec in wanted.items()}


def _findings(key: str, spec: ZoneSpec, found: Mapping[str, Rows], text: str) -> dict[str, list[str] | int]:
    told: dict[str, list[str] | int] = {"serial": serial_of(found.get(f"{ZONE} {key}", {})) or 0}
    if spec.dnssec:
        told["ds"] = [keys.ds(key, text)] if text else []
    return told


def kept(machine: Machine) -> KeptFacts:
    return KeptFacts(lookup.wrong(born_here(machine.prefix)))


def server(machine: Machine) -> ServerFacts:
    """The zone of the machine's own name, and what is left of former ones. Refused for a name that is none."""
    place, name, today = database(machine.prefix), own_name(machine.prefix), machine.clock.now().date()
    born = born_here(machine.prefix)
    if born.path.exists() and lookup.wrong(born):
        return ServerFacts({}, (), 0, taken=False, today=today, unknown=True)
    former = tuple(sorted(set(lookup.owners(place, SERVER)) - {name}))
    names = [f"{kind} {key}" for key in (name, *former) for kind in (SERVER, SERIAL)]
    found = lookup.facts((born, place), [*names, f"{ZONE} {name}"])
    last = _last(found[born.path], name)
    taken = f"{ZONE} {name}" in found[place.path]
    return ServerFacts(found, former, last or 0, taken, today)


def base(machine: Machine) -> BaseFacts:
    """The folder, the configuration, the database, and whom this machine asks for names."""
    prefix = machine.prefix
    folder = prefix.state / "dns"
    places = {folder: read.directory(folder), folder / "pdns.conf": read.fact(folder / "pdns.conf")}
    return BaseFacts(places, lookup.wrong(database(prefix)), _resolver(prefix))


def _resolver(prefix: Prefix) -> str:
    """The machine's first that is not this name server; "" for none."""
    text = RESOLVERS.read_text("utf-8", "replace") if RESOLVERS.exists() else ""
    own = {ip_address(each) for each in addresses(prefix)} if prefix.ports["dns"] == DNS else set()
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == "nameserver" and (known := _address(words[1])) and known not in own:
            return f"[{known}]:{DNS}" if known.version == 6 else f"{known}:{DNS}"
    return ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
