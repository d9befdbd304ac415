"""From specs and facts to plans, for zones and for PowerDNS itself. Pure."""

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from gasthof.agent.sdk.lookup import differing
from gasthof.agent.sdk.steps import Ask, MakeDirectory, Plan, Rows, SetRows, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix
from gasthof.slices.dns.node import keys
from gasthof.slices.dns.node.configuration import addresses, configuration, own_name
from gasthof.slices.dns.node.rows import GROUP, KEY, SERIAL, SERVER, ZONE, born_here, database, serial_of, zone_rows
from gasthof.slices.dns.rules import servers
from gasthof.slices.dns.rules.zone import next_serial
from gasthof.slices.dns.spec import ZoneSpec

if TYPE_CHECKING:
    from gasthof.slices.dns.node.facts import BaseFacts, KeptFacts, ServerFacts, ZoneFacts

NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_*-]{1,63}\.)*[a-z0-9_-]{1,63}")
FAR = 10_000_000  # a serial that runs so far ahead of intent was not given by this house


def zone(prefix: Prefix, key: str, spec: ZoneSpec | None, facts: "ZoneFacts") -> Plan:
    """ValueError for a spec that PowerDNS could not be told."""
    draft = Draft({}, facts.rows)
    found = facts.rows.get(database(prefix).path, {})
    zone_now = found.get(f"{ZONE} {key}", {})
    if spec is None:
        last = serial_of(zone_now)
        last = facts.last if last is None else last
        if last is not None:
            draft.rows(SetRows(born_here(prefix), f"{SERIAL} {key}", {"serials": ((last,),)}))
        draft.rows(SetRows(database(prefix), f"{ZONE} {key}", {}))
        if facts.ordered:
            draft.rows(SetRows(born_here(prefix), f"{KEY} {key}", {}))
            draft.rows(SetRows(database(prefix), f"{KEY} {key}", {}))
        told = None if key == own_name(prefix) else ""  # the machine's own zone may be served in its place
        return Plan(rows=tuple(draft.row_sets), after=(Ask("pdns", "tell", key, expect=told),), notes=draft.notes)
    _check(key, spec)
    if key == own_name(prefix):
        raise ValueError(f"{key} is the machine's own name")
    serial = _serial(spec, zone_now, facts.last)
    text = "" if spec.forget_key and not spec.dnssec else facts.key or (facts.fresh if spec.dnssec else "")
    copy = ((keys.NUMBER, keys.FLAGS, int(spec.dnssec), text),) if text else ()
    draft.rows(SetRows(born_here(prefix), f"{KEY} {key}", {"keys": ((text,),) if text else ()}))
    draft.rows(SetRows(database(prefix), f"{ZONE} {key}", zone_rows(spec, serial)))
    draft.rows(SetRows(database(prefix), f"{KEY} {key}", {"keys": copy}))
    return Plan(rows=tuple(draft.row_sets), after=(Ask("pdns", "tell", key, expect=str(serial)),), notes=draft.notes)


def _check(key: str, spec: ZoneSpec) -> None:
    names = [spec.name, spec.primary, spec.contact, *(each.name for each in spec.records)]
    wrong = [name for name in names if not NAME.fullmatch(name)]
    texts = [text for each in spec.records for text in (each.type, *each.contents)]
    wrong += [text for text in texts if not text.isascii() or not text.isprintable()]
    outside = [each.name for each in spec.records if each.name != key and not each.name.endswith(f".{key}")]
    if spec.name != key or wrong or outside:
        raise ValueError(f"{key}: told of {spec.name} with {(wrong + outside)[:1]}")


def _serial(spec: ZoneSpec, found: Rows, gone: int | None) -> int:
    """Never behind what was served: others keep a copy under that serial, also while intent was restored from an older dump.

    `gone`: the last serial of the zone of that name that went.
    """
    last = serial_of(found)
    last = gone if last is None else last
    if last is None or last < spec.serial or last - spec.serial > FAR:
        return spec.serial
    return last + 1 if differing(found, zone_rows(spec, last)) else last


def server(prefix: Prefix, facts: "ServerFacts") -> Plan:
    """The zone of the machine's own name: without intent, since every zone here names servers in it. ValueError if a customer has it."""
    name, place = own_name(prefix), database(prefix)
    if facts.unknown:
        return Plan(wanted="nothing before last serials are known")
    if facts.taken:
        raise ValueError(f"{name} is the machine's own name, and the domain of a customer")
    draft, spec = Draft({}, facts.rows), _own_zone(prefix, name)
    held = facts.rows.get(place.path, {})
    serial = _own_serial(spec, held.get(f"{SERVER} {name}", {}), facts)
    for former in facts.former:
        last = serial_of(held.get(f"{SERVER} {former}", {}))
        if last is not None:
            draft.rows(SetRows(born_here(prefix), f"{SERIAL} {former}", {"serials": ((last,),)}))
        draft.rows(SetRows(place, f"{SERVER} {former}", {}))
    draft.rows(SetRows(born_here(prefix), f"{SERIAL} {name}", {"serials": ((serial,),)}))
    draft.rows(SetRows(place, f"{SERVER} {name}", zone_rows(spec, serial)))
    told = tuple(Ask("pdns", "forget", each) for each in (name, *facts.former)) if draft.row_sets else ()
    wanted = sha256(repr(zone_rows(spec, 0)).encode()).hexdigest()
    return Plan(rows=tuple(draft.row_sets), after=told, notes=draft.notes, wanted=wanted)


def _own_zone(prefix: Prefix, name: str) -> ZoneSpec:
    known = {":" in each: each for each in addresses(prefix)}
    records = servers.own_zone(name, known.get(False, ""), known.get(True, ""))
    return ZoneSpec(name, "", 0, servers.name_servers(name)[0], servers.contact(name), records)


def _own_serial(spec: ZoneSpec, found: Rows, facts: "ServerFacts") -> int:
    """Rises with each difference, and is never behind what was served; one that was written by hand is not gone on from."""
    now = serial_of(found)
    if now is not None and not differing(found, zone_rows(spec, now)) and now >= facts.last:
        return now
    return next_serial(facts.last or now or 0, facts.today)


def base(prefix: Prefix, facts: "BaseFacts") -> Plan:
    """The folder, the database and the configuration, before PowerDNS starts."""
    folder = prefix.state / "dns"
    draft = Draft(facts.places)
    draft.directory(MakeDirectory(folder, 0o750, "root", GROUP))
    draft.lookup(database(prefix), facts.database)
    draft.file(WriteFile(folder / "pdns.conf", configuration(prefix, facts.resolver), 0o640, "root", GROUP))
    return Plan(prepare=tuple(draft.prepare), change=tuple(draft.change), notes=draft.notes, wanted=draft.wanted)


def kept(prefix: Prefix, facts: "KeptFacts") -> Plan:
    """The database of what is born here; one that is damaged is left alone, and the fixture stays broken."""
    draft = Draft({})
    draft.lookup(born_here(prefix), facts.database)
    return Plan(prepare=tuple(draft.prepare), notes=draft.notes, wanted=draft.wanted)
