"""Verbs on whole zones: DNSSEC, showing, history."""

from typing import Annotated, Any

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Call
from gasthof.kernel.fields import UNCHANGED, Between, Unchanged
from gasthof.kernel.refusal import Refused
from gasthof.slices.dns import queries
from gasthof.slices.dns.actions.change import about, begin, check_open, finish, settled, shown
from gasthof.slices.dns.actions.records import Name, Type
from gasthof.slices.dns.actions.told import refresh_zone
from gasthof.slices.dns.models import Change, Zone
from gasthof.slices.dns.rules import checks, names
from gasthof.slices.dns.rules import contents as grammar
from gasthof.slices.dns.rules.zone import Key, compose, number, served
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.domains.queries import DomainRef

Number = Annotated[int, Between(0, 999_999_999), "number of a change; 0 is before the first"]


@action("dns.switch_dnssec", permission="dns.write", on="domain")
def switch_dnssec(
    call: Call,
    *,
    domain: DomainRef,
    on: Annotated[bool, "whether the zone is signed"],
    forget_key: Annotated[bool, "do not keep the key for another time"] = False,
) -> Result:
    """Sign a zone, or stop signing it: take the DS record away at the registrar a day before."""
    check_open(call, domain)
    zone = queries.zone_of(domain)
    if on and forget_key:
        raise Refused("A zone that is signed needs its key.").at("forget_key")
    if on:
        with about("on"):
            checks.check_signable(served(queries.ground(zone)))
    if (zone.dnssec, zone.forget_key) != (on, forget_key):
        zone.dnssec, zone.forget_key = on, forget_key
        zone.save(update_fields=["dnssec", "forget_key"])
        what = "signed" if on else "key forgotten" if forget_key else "unsigned"
        Change.objects.create(zone=zone, at=call.clocks.wall.now(), actor=str(call.actor), what=what, name="", type="")
        refresh_zone(call, domain)
    return {"domain": domain.value.unicode, "dnssec": on}


@action("dns.zone", permission="dns.read", on="domain", reads=True)
def show(call: Call, *, domain: DomainRef) -> Result:
    """Show a zone: every record set, where it comes from, and the DS record for the registrar."""
    zone = queries.zone_of(domain)
    ground, found = queries.ground(zone), queries.findings(zone)
    return {
        "domain": domain.value.unicode,
        "serial": found.get("serial") or zone.serial,
        "name_servers": list(ground.servers),
        "dnssec": zone.dnssec,
        "ds": found.get("ds", []) if zone.dnssec else [],
        "own": number(ground.own),
        "limit": domain.subscription.plan.dns_records,
        "records": [shown(ground, placed) for placed in compose(ground)],
    }


@action("dns.history", permission="dns.read", on="domain", reads=True)
def history(call: Call, *, domain: DomainRef, before: Number | Unchanged = UNCHANGED) -> Result:
    """Show who changed what in a zone and when, the newest first."""
    zone = queries.zone_of(domain)
    rows = queries.changes(zone, None if before is UNCHANGED else before)
    return {"domain": domain.value.unicode, "changes": [_change(zone, row) for row in rows]}


@action("dns.restore", permission="dns.write", on="domain")
def restore(
    call: Call,
    *,
    domain: DomainRef,
    change: Number,
    name: Name | Unchanged = UNCHANGED,
    type: Type | Unchanged = UNCHANGED,
) -> Result:
    """Let a record set, or the whole zone, be again as it was after a change."""
    draft = begin(call, domain)
    if change and not queries.has_change(draft.zone, change):
        raise Refused("The history of this zone has no such change.").at("change")
    chosen = queries.states(draft.zone, change)
    if (name is UNCHANGED) != (type is UNCHANGED):
        raise Refused("Name and type belong together.").at("type" if type is UNCHANGED else "name")
    if name is not UNCHANGED and type is not UNCHANGED:
        with about("name"):
            owner = names.absolute(name, domain.name)
        chosen = _only(chosen, (owner, type))
    for (owner, kind), state in chosen.items():
        if state is None:
            draft.drop(owner, kind)
        else:
            with about("change"):
                was = settled(domain.name, RecordSpec(owner, kind, state["ttl"], tuple(state["contents"])))
            draft.put(owner, kind, was.ttl, was.contents)
    return finish(draft, "restored")


def _only(states: dict[Key, dict[str, Any] | None], wanted: Key) -> dict[Key, dict[str, Any] | None]:
    if wanted not in states:
        raise Refused("This record set was never changed.").at("type")
    return {wanted: states[wanted]}


def _change(zone: Zone, row: Change) -> dict[str, Any]:
    return {
        "change": row.pk,
        "at": row.at.isoformat(),
        "who": row.actor,
        "what": row.what,
        "name": names.shown_owner(row.name, zone.domain.name) if row.type else "",
        "type": row.type,
        "before": _state(row.type, row.before),
        "after": _state(row.type, row.after),
    }


def _state(kind: str, kept: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if kept is None else {**kept, "contents": [grammar.shown(kind, each) for each in kept["contents"]]}
