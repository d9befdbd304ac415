"""One change of a zone on its way: what it was, what it is to be, checked, written down, told."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gasthof.kernel import registry
from gasthof.kernel.actions import Result
from gasthof.kernel.call import Call
from gasthof.kernel.parsing import tell
from gasthof.kernel.permissions import EVERYWHERE
from gasthof.kernel.refusal import Refused
from gasthof.slices.dns import queries
from gasthof.slices.dns.actions.told import refresh_zone
from gasthof.slices.dns.models import Change, RecordSet, Zone
from gasthof.slices.dns.rules import checks, names, pointing
from gasthof.slices.dns.rules import contents as grammar
from gasthof.slices.dns.rules.zone import Ground, Key, Placed, compose, key, number, served
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import check_changeable

SHORTEST_TTL, LONGEST_TTL = 60, 604_800  # seconds


@dataclass
class Draft:
    """The customer's own record sets of a zone, being changed."""

    call: Call
    zone: Zone
    ground: Ground  # as it was
    own: dict[Key, RecordSpec] = field(default_factory=dict)  # as it is to be

    def put(self, name: str, kind: str, ttl: int, contents: tuple[str, ...]) -> None:
        """Without contents: the default is switched off."""
        self.own[name, kind] = RecordSpec(name, kind, ttl, contents)

    def drop(self, name: str, kind: str) -> bool:
        return self.own.pop((name, kind), None) is not None

    def changed(self) -> list[Key]:
        before = {key(each): each for each in self.ground.own}
        return sorted(each for each in before.keys() | self.own.keys() if before.get(each) != self.own.get(each))


def settled(zone: str, record: RecordSpec) -> RecordSpec:
    """What was kept somewhere, checked as if it were typed. Raises Refused."""
    if record.type not in grammar.TYPES or not SHORTEST_TTL <= record.ttl <= LONGEST_TTL:
        raise Refused(
            "Records of this type and lifetime are not offered: %(type)s, %(ttl)d.",
            type=record.type[:10], ttl=record.ttl,
        )  # fmt: skip
    found = RecordSpec(
        names.absolute(f"{names.owner(record.name)}.", zone),
        record.type,
        record.ttl,
        tuple(grammar.content(record.type, each, zone) for each in record.contents),
    )
    checks.check_owner(found, zone)
    return found


@contextmanager
def about(name: str) -> Iterator[None]:
    """Refusals within are about this field."""
    try:
        yield
    except Refused as refusal:
        raise refusal.at(name) from refusal


def check_open(call: Call, domain: Domain) -> None:
    """Raises Refused while its customer may not change the zone: what it belongs to is not paid, say, or its subscription is suspended."""
    lock = None if call.actor.role in EVERYWHERE else registry.zone_lock(domain)
    if lock is not None:
        raise lock
    check_changeable(call, domain.subscription)


def begin(call: Call, domain: Domain) -> Draft:
    """The zone of a domain whose subscription is locked. Raises Refused while it may not be changed."""
    check_open(call, domain)
    zone = queries.zone_of(domain)
    ground = queries.ground(zone)
    return Draft(call, zone, ground, {key(each): each for each in ground.own})


def finish(draft: Draft, what: str) -> Result:
    """Check, write, note, tell. What changes nothing leaves no trace in the history."""
    changed = draft.changed()
    after = replace(draft.ground, own=tuple(draft.own.values()))
    _check(draft, after, changed)
    _write(draft, changed, what)
    with about("type" if len(changed) == 1 else ""):
        check_pointers(draft.zone, draft.ground, after, changed)
    refresh_zone(draft.call, draft.zone.domain)
    warned = checks.warnings(after, {name for name, _ in changed})
    left = {key(placed.record): placed for placed in compose(after)}
    gone = [each for each in changed if each not in left]
    return {
        "domain": draft.zone.domain.value.unicode,
        "changed": [shown(after, placed) for place, placed in left.items() if place in changed],
        "removed": [{"name": names.shown_owner(name, after.zone), "type": kind} for name, kind in gone],
        "warnings": [tell(each).message for each in warned],
    }


def _check(draft: Draft, after: Ground, changed: list[Key]) -> None:
    with about("type" if len(changed) == 1 else ""):
        for each in changed:
            if each in draft.own:
                checks.check_owner(draft.own[each], after.zone)
        checks.check(after, {name for name, _ in changed})
        if draft.zone.dnssec:
            checks.check_signable(served(after))
    if number(after.own) > number(draft.ground.own):
        checks.check_limit(after.own, draft.zone.domain.subscription.plan.dns_records)


def check_pointers(zone: Zone, before: Ground, after: Ground, changed: Iterable[Key]) -> None:
    """Those that changed, and those that find something else in the zone than before. Raises Refused."""
    about = set(changed)
    was, there = served(before), served(after)
    look = queries.pointers(zone, there)
    for each in there:
        if each.type in pointing.POINTERS and (key(each) in about or pointing.elsewhere(each, after.zone, was, there)):
            pointing.check(each, look)


def _write(draft: Draft, changed: list[Key], what: str) -> None:
    before = {key(each): each for each in draft.ground.own}
    at, actor = draft.call.clocks.wall.now(), str(draft.call.actor)
    notes = []
    for name, kind in changed:
        new = draft.own.get((name, kind))
        if new is None:
            RecordSet.objects.filter(zone=draft.zone, name=name, type=kind).delete()
        else:
            values = {"ttl": new.ttl, "contents": list(new.contents)}
            RecordSet.objects.update_or_create(zone=draft.zone, name=name, type=kind, defaults=values)
        kept = {"name": name, "type": kind, "before": _kept(before.get((name, kind))), "after": _kept(new)}
        notes.append(Change(zone=draft.zone, at=at, actor=actor, what=what, **kept))
    Change.objects.bulk_create(notes)


def _kept(record: RecordSpec | None) -> dict[str, Any] | None:
    return None if record is None else {"ttl": record.ttl, "contents": list(record.contents)}


def shown(ground: Ground, placed: Placed) -> dict[str, Any]:
    """A record set as people read it."""
    record = placed.record
    return {
        "name": names.shown_owner(record.name, ground.zone),
        "type": record.type,
        "ttl": record.ttl,
        "contents": [grammar.shown(record.type, each) for each in record.contents],
        "source": placed.source,
        "state": placed.state,
    }
