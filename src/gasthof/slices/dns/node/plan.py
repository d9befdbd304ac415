"""From specs and facts to plans, for zones and for PowerDNS itself. Pure."""

import re
from typing import TYPE_CHECKING

from gasthof.agent.sdk.lookup import differing
from gasthof.agent.sdk.steps import Ask, MakeDirectory, Plan, Row, Rows, SetRows, WriteFile
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import Prefix
from gasthof.slices.dns.node import keys
from gasthof.slices.dns.node.configuration import configuration
from gasthof.slices.dns.node.rows import GROUP, KEY, ZONE, database, serial_of, zone_rows
from gasthof.slices.dns.spec import ZoneSpec

if TYPE_CHECKING:
    from gasthof.slices.dns.node.facts import BaseFacts, ZoneFacts

NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_*-]{1,63}\.)*[a-z0-9_-]{1,63}")
FAR = 10_000_000  # a serial that runs so far ahead of intent was not given by this house


def zone(prefix: Prefix, key: str, spec: ZoneSpec | None, facts: "ZoneFacts") -> Plan:
    """ValueError for a spec that PowerDNS could not be told."""
    draft = Draft({}, facts.rows)
    if spec is None:
        draft.rows(SetRows(database(prefix), f"{ZONE} {key}", {}))
        if facts.ordered:
            draft.rows(SetRows(database(prefix), f"{KEY} {key}", {}))
        return Plan(rows=tuple(draft.row_sets), after=(Ask("pdns", "tell", key, expect=""),), notes=draft.notes)
    _check(key, spec)
    found = facts.rows.get(database(prefix).path, {})
    serial = _serial(spec, found.get(f"{ZONE} {key}", {}))
    draft.rows(SetRows(database(prefix), f"{ZONE} {key}", zone_rows(spec, serial)))
    draft.rows(
        SetRows(database(prefix), f"{KEY} {key}", {"keys": _key(spec, found.get(f"{KEY} {key}", {}), facts.fresh)})
    )
    return Plan(rows=tuple(draft.row_sets), after=(Ask("pdns", "tell", key, expect=str(serial)),), notes=draft.notes)


def _check(key: str, spec: ZoneSpec) -> None:
    names = [spec.name, spec.primary, spec.contact, *(each.name for each in spec.records)]
    wrong = [name for name in names if not NAME.fullmatch(name)]
    texts = [text for each in spec.records for text in (each.type, *each.contents)]
    wrong += [text for text in texts if not text.isascii() or not text.isprintable()]
    outside = [each.name for each in spec.records if each.name != key and not each.name.endswith(f".{key}")]
    if spec.name != key or wrong or outside:
        raise ValueError(f"{key}: told of {spec.name} with {(wrong + outside)[:1]}")


def _serial(spec: ZoneSpec, found: Rows) -> int:
    """Never behind what was served: others keep a copy under that serial, also while intent was restored from an older dump."""
    last = serial_of(found)
    if last is None or last < spec.serial or last - spec.serial > FAR:
        return spec.serial
    return last + 1 if differing(found, zone_rows(spec, last)) else last


def _key(spec: ZoneSpec, found: Rows, fresh: str) -> tuple[Row, ...]:
    """The zone's one key: the one that is there, whether it signs now or not; a new one only for a zone that has none."""
    if spec.forget_key and not spec.dnssec:
        return ()
    kept = [str(row[-1]) for row in found.get("keys", ()) if keys.usable(str(row[-1]))]
    text = kept[0] if kept else fresh if spec.dnssec else ""
    return ((keys.NUMBER, keys.FLAGS, int(spec.dnssec), text),) if text else ()


def base(prefix: Prefix, facts: "BaseFacts") -> Plan:
    """The folder, the database and the configuration, before PowerDNS starts."""
    folder = prefix.state / "dns"
    draft = Draft(facts.places)
    draft.directory(MakeDirectory(folder, 0o750, "root", GROUP))
    draft.lookup(database(prefix), facts.database)
    draft.file(WriteFile(folder / "pdns.conf", configuration(prefix, facts.resolver), 0o640, "root", GROUP))
    return Plan(prepare=tuple(draft.prepare), change=tuple(draft.change), notes=draft.notes, wanted=draft.wanted)
