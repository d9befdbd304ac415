"""From specs and facts to plans, for zones and for PowerDNS itself. Pure."""

import re
from typing import TYPE_CHECKING

from gasthof.agent.sdk.lookup import differing
from gasthof.agent.sdk.steps import Ask, MakeDirectory, Plan, Rows, SetRows, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix
from gasthof.slices.dns.node import keys
from gasthof.slices.dns.node.configuration import configuration
from gasthof.slices.dns.node.rows import GROUP, KEY, SERIAL, ZONE, born_here, database, serial_of, zone_rows
from gasthof.slices.dns.spec import ZoneSpec

if TYPE_CHECKING:
    from gasthof.slices.dns.node.facts import BaseFacts, KeptFacts, ZoneFacts

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
        return Plan(rows=tuple(draft.row_sets), after=(Ask("pdns", "tell", key, expect=""),), notes=draft.notes)
    _check(key, spec)
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
