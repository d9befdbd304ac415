"""The settings of a subscription's zones as an export holds them, and made anew of one. Keys are the node's to move."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.dns import queries
from gasthof.slices.dns.actions.told import refresh_zone
from gasthof.slices.dns.models import Change, RecordSet, Zone
from gasthof.slices.dns.rules import checks, contents, names
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.subscriptions.queries import Subscription

LONGEST_TTL = 604_800


class Kept(Struct, forbid_unknown_fields=True):
    ttl: int
    contents: list[str]


class MovedChange(Struct, forbid_unknown_fields=True):
    at: datetime
    actor: str
    what: str
    name: str
    type: str
    before: Kept | None
    after: Kept | None


class MovedZone(Struct, forbid_unknown_fields=True):
    serial: int
    dnssec: bool
    records: list[RecordSpec]
    history: list[MovedChange]


def export(subscription: Subscription) -> Mapping[str, Any]:
    """Hook: domain's A-label -> its zone's own records and their history."""
    zones = queries.zones_of(subscription)
    built: Mapping[str, Any] = msgspec.to_builtins({zone.domain.name: _moved(zone) for zone in zones})
    return built


def _moved(zone: Zone) -> MovedZone:
    rows = Change.objects.filter(zone=zone).order_by("pk")
    history = [
        MovedChange(row.at, row.actor, row.what, row.name, row.type, _kept(row.before), _kept(row.after))
        for row in rows
    ]
    return MovedZone(zone.serial, zone.dnssec, list(queries.own_records(zone)), history)


def _kept(state: dict[str, Any] | None) -> Kept | None:
    return None if state is None else Kept(**state)


def restore(call: Call, subscription: Subscription, settings: Any) -> None:
    """Hook: the zones that came with their domains become as they were. Raises Refused."""
    try:
        moved = msgspec.convert(settings, type=dict[str, MovedZone])
    except msgspec.ValidationError as error:
        raise Refused("These settings of zones cannot be read: %(words)s", words=error) from error
    zones = {zone.domain.name: zone for zone in queries.zones_of(subscription)}
    for name, each in moved.items():
        if name not in zones:
            raise Refused("The subscription has no domain “%(name)s”.", name=name)
        _become(call, zones[name], each)


def _become(call: Call, zone: Zone, moved: MovedZone) -> None:
    """The history as it was; its changes have other numbers now. Serials go on from where they were."""
    records = [_settled(zone.domain.name, each) for each in moved.records]
    checks.check_limit(records, zone.domain.subscription.plan.dns_records)
    RecordSet.objects.filter(zone=zone).delete()
    RecordSet.objects.bulk_create(
        RecordSet(zone=zone, name=each.name, type=each.type, ttl=each.ttl, contents=list(each.contents))
        for each in records
    )
    checks.check(queries.ground(zone), {each.name for each in records})
    Change.objects.filter(zone=zone).delete()
    Change.objects.bulk_create(
        Change(zone=zone, **msgspec.to_builtins(each, builtin_types=[datetime])) for each in moved.history
    )
    zone.serial, zone.dnssec = max(zone.serial, moved.serial), moved.dnssec
    zone.save(update_fields=["serial", "dnssec"])
    refresh_zone(call, zone.domain)


def _settled(zone: str, record: RecordSpec) -> RecordSpec:
    """Checked as if it were typed. Raises Refused."""
    if record.type not in contents.TYPES or not 60 <= record.ttl <= LONGEST_TTL:
        raise Refused(
            "Records of this type and lifetime are not offered: %(type)s, %(ttl)d.",
            type=record.type[:10],
            ttl=record.ttl,
        )
    found = RecordSpec(
        names.absolute(f"{names.owner(record.name)}.", zone),
        record.type,
        record.ttl,
        tuple(contents.content(record.type, each, zone) for each in record.contents),
    )
    checks.check_owner(found, zone)
    return found
