"""The part of a file (docs/apply.md) that sets zones' own records."""

from collections.abc import Iterator

from gasthof.kernel.fields import switch
from gasthof.kernel.refusal import Refused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.kernel.values import DomainName
from gasthof.slices.dns import queries
from gasthof.slices.dns.actions.records import DEFAULT_TTL
from gasthof.slices.dns.rules import contents as grammar
from gasthof.slices.dns.rules import names
from gasthof.slices.dns.spec import RecordSpec
from gasthof.slices.dns.values import Contents, RecordName
from gasthof.slices.domains.queries import described
from gasthof.slices.subscriptions.queries import Subscription

Key = tuple[str, str]


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook. A default that somebody switched off stays off, unless it is named in the file."""
    zones = {zone.domain.name: zone for zone in queries.zones_of(subscription)}
    there = {name: queries.own_records(zone) for name, zone in zones.items()}
    for name, inner in described(sheet):
        zone = zones.get(name.ascii)
        yield from _signed(name, inner, zone is not None and zone.dnssec)
        yield from _defaults(
            name, inner, {(each.name, each.type) for each in there.get(name.ascii, ()) if not each.contents}
        )
        own = {(each.name, each.type): each for each in there.get(name.ascii, ()) if each.contents}
        wanted = dict(_wanted(name, inner))
        for key, (record, step) in wanted.items():
            if own.get(key) != record:
                yield step
        if prune:
            for owner, kind in sorted(own.keys() - wanted.keys()):
                fields = {"domain": name.unicode, "name": f"{owner}.", "type": kind}
                yield Step("dns.remove_records", fields, inner.line, removes=True)


def _signed(name: DomainName, inner: Sheet, now: bool) -> Iterator[Step]:
    given = inner.get("dnssec")
    wanted = given.parsed(switch) if given else now
    if given and wanted != now:
        yield Step("dns.switch_dnssec", {"domain": name.unicode, "on": "yes" if wanted else "no"}, given.line)


def _defaults(name: DomainName, inner: Sheet, off: set[Key]) -> Iterator[Step]:
    """Those that are to be served, and those that are not."""
    defaults = inner.get("defaults")
    for item in defaults.items() if defaults else []:
        for field in ("name", "type", "on"):
            if item.get(field) is None:
                raise item.wrong(Refused("“%(key)s” is needed here.", key=field))
        given = item.differing("dns.switch_default", ("name", "type", "on"), {})
        try:
            owner = names.absolute(RecordName.parse(given["name"]), name.ascii)
        except Refused as refusal:
            raise item.wrong(refusal) from refusal
        item.check()
        if switch(given["on"]) == ((owner, str(given["type"])) in off):
            yield Step("dns.switch_default", {"domain": name.unicode, **given}, item.line)


def _wanted(name: DomainName, inner: Sheet) -> Iterator[tuple[Key, tuple[RecordSpec, Step]]]:
    """Each record set, as it would be kept, with the verb that sets it."""
    records = inner.get("records")
    seen: set[Key] = set()
    for item in records.items() if records else []:
        for field in ("name", "type", "contents"):
            if item.get(field) is None:
                raise item.wrong(Refused("“%(key)s” is needed here.", key=field))
        given = item.differing("dns.set_records", ("name", "type", "contents", "ttl"), {})
        record = _settled(name, item, given)
        if (record.name, record.type) in seen:
            raise item.wrong(Refused("This stands in the file twice."))
        seen.add((record.name, record.type))
        item.check()
        step = Step("dns.set_records", {"domain": name.unicode, **given}, item.line)
        yield (record.name, record.type), (record, step)


def _settled(zone: DomainName, item: Sheet, given: dict[str, object]) -> RecordSpec:
    kind = str(given["type"])
    try:
        owner = names.absolute(RecordName.parse(given["name"]), zone.ascii)
        contents = tuple(grammar.content(kind, each, zone.ascii) for each in Contents.parse(given["contents"]))
    except Refused as refusal:
        raise item.wrong(refusal) from refusal
    return RecordSpec(owner, kind, int(str(given.get("ttl", DEFAULT_TTL))), tuple(dict.fromkeys(contents)))
