"""The settings of a subscription's zones as an export holds them, and made anew of one. Keys are the node's to move."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.dns import queries
from gasthof.slices.dns.actions.change import LONGEST_TTL, check_pointers, settled
from gasthof.slices.dns.actions.told import refresh_zone
from gasthof.slices.dns.models import Change, RecordSet, Zone
from gasthof.slices.dns.rules import checks
from gasthof.slices.dns.rules.zone import key, next_serial, served
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.subscriptions.queries import Subscription

FURTHEST = 10_000_000  # that a serial may lie beyond today's: ten years
LONGEST_ACTOR = 40  # characters, as models.Change has them
WHATS = ("set", "removed", "off", "on", "restored", "reset", "signed", "unsigned", "key forgotten")


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
        raise _unreadable(str(error)) from error
    zones = {zone.domain.name: zone for zone in queries.zones_of(subscription)}
    for name, each in moved.items():
        if name not in zones:
            raise Refused("The subscription has no domain “%(name)s”.", name=name)
        _become(call, zones[name], each)


def _become(call: Call, zone: Zone, moved: MovedZone) -> None:
    """The history as it was; its changes have other numbers now. Serials go on from where they were."""
    before, name = queries.ground(zone), zone.domain.name
    today = next_serial(0, call.clocks.business.now().date())
    if not 0 <= moved.serial <= today + FURTHEST:
        raise _unreadable(f"serial {moved.serial}")
    records = [settled(name, each) for each in moved.records]
    if len({key(each) for each in records}) < len(records) or any(
        key(each) == (name, "NS") and not each.contents for each in records
    ):
        raise _unreadable("records")
    for each in moved.history:
        _check_past(name, each)
    checks.check_limit(records, zone.domain.subscription.plan.dns_records)
    RecordSet.objects.filter(zone=zone).delete()
    RecordSet.objects.bulk_create(
        RecordSet(zone=zone, name=each.name, type=each.type, ttl=each.ttl, contents=list(each.contents))
        for each in records
    )
    after = queries.ground(zone)
    checks.check(after, {each.name for each in records})
    check_pointers(zone, before, after, {key(each) for each in records})
    if moved.dnssec:
        checks.check_signable(served(after))
    _write(call, zone, moved)


def _write(call: Call, zone: Zone, moved: MovedZone) -> None:
    Change.objects.filter(zone=zone).delete()
    Change.objects.bulk_create(
        Change(zone=zone, **msgspec.to_builtins(each, builtin_types=[datetime])) for each in moved.history
    )
    zone.serial, zone.dnssec = max(zone.serial, moved.serial), moved.dnssec
    zone.save(update_fields=["serial", "dnssec"])
    refresh_zone(call, zone.domain)


def _check_past(zone: str, change: MovedChange) -> None:
    """Restoring leads back to it, and it is shown. Raises Refused."""
    actor = change.actor.isprintable() and len(change.actor) <= LONGEST_ACTOR
    if change.what not in WHATS or not actor or change.at.tzinfo is None:
        raise _unreadable("history")
    states = [each for each in (change.before, change.after) if each is not None]
    if not change.type:
        if change.name or states:
            raise _unreadable("history")
        return
    for each in states or [Kept(LONGEST_TTL, [])]:
        if settled(zone, RecordSpec(change.name, change.type, each.ttl, tuple(each.contents))).name != change.name:
            raise _unreadable("history")


def _unreadable(words: str) -> Refused:
    return Refused("These settings of zones cannot be read: %(words)s", words=words)
