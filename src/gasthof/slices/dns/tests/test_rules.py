"""What is served out of defaults and own records: whatever a customer sets and whatever slices want, a zone that DNS can be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.kernel.refusal import Refused
from gasthof.slices.dns.node.rows import zone_rows
from gasthof.slices.dns.rules import checks, contents, names
from gasthof.slices.dns.rules.zone import Ground, compose, key, next_serial, served
from gasthof.slices.dns.spec import RecordSpec, ZoneSpec
from gasthof.slices.dns.tests.test_contents import GOOD

ZONE = "xn--gre-aus-kln-w6a02arc.test"
SERVERS = ("ns1.server.test", "ns2.server.test")
NAMES = [
    ZONE,
    *(f"{name}.{ZONE}" for name in ("www", "mail", "a", "b.a", "c.b.a", "blog", "x.blog", "*.a", "_s._tcp.a")),
]
TARGETS = [f"{kind} {name}" for kind in ("MX", "NS", "CNAME", "ALIAS", "SRV") for name in NAMES]


def record(name: str, kind: str, *typed: str) -> RecordSpec:
    return RecordSpec(name, kind, 3_600, tuple(contents.content(kind, each, ZONE) for each in typed))


def ground(*own: RecordSpec, defaults: Sequence[RecordSpec] = (), children: Sequence[str] = ()) -> Ground:
    return Ground(ZONE, SERVERS, tuple(defaults), own, dict.fromkeys(children, SERVERS))


def pointing(text: str) -> tuple[str, str]:
    """("MX", "10 www.…")."""
    kind, name = text.split()
    return kind, {"MX": f"10 {name}", "SRV": f"1 1 1 {name}"}.get(kind, name)


RECORDS = st.one_of(
    st.builds(lambda name, kind: record(name, kind, GOOD[kind][0]), st.sampled_from(NAMES), st.sampled_from(sorted(set(GOOD) - {"TXT"}))),
    st.builds(lambda name, text: record(name, pointing(text)[0], pointing(text)[1]), st.sampled_from(NAMES[:-2]), st.sampled_from([each for each in TARGETS if "*" not in each and "_" not in each])),
    st.builds(lambda name, off: RecordSpec(name, off, 60, ()), st.sampled_from(NAMES), st.sampled_from(["A", "MX"])),
)  # fmt: skip
DEFAULTS = st.lists(
    st.builds(lambda name, kind: record(name, kind, GOOD[kind][0]), st.sampled_from(NAMES[:-2]), st.sampled_from(["A", "AAAA", "MX", "TXT"])), max_size=8
)  # fmt: skip


@given(
    st.lists(RECORDS, max_size=12), DEFAULTS, st.lists(st.sampled_from(NAMES[5:7]), max_size=2, unique=True), DEFAULTS
)
def test_what_passes_the_checks_is_a_zone(
    wanted: list[RecordSpec], defaults: list[RecordSpec], children: list[str], later: list[RecordSpec]
) -> None:
    """In any order of changes; also when domains and defaults come or go after the customer's own records."""
    found = ground(defaults=defaults, children=children[1:])
    for each in wanted:
        changed = replace(found, own=(*(one for one in found.own if key(one) != key(each)), each))
        try:
            checks.check_owner(each, ZONE)
            checks.check(changed, {each.name})
        except Refused:
            continue
        found = changed
    is_a_zone(found)
    is_a_zone(replace(found, defaults=(*later, *defaults), children=dict.fromkeys(children, SERVERS)))
    is_a_zone(replace(found, children={}))


def is_a_zone(found: Ground) -> None:
    """RFC 1034 section 3.6.2; RFC 4035 section 2.4; RFC 2181 section 6."""
    there = served(found)
    kinds: dict[str, set[str]] = {}
    for each in there:
        assert each.type not in kinds.setdefault(each.name, set()) and each.contents
        kinds[each.name].add(each.type)
    assert "NS" in kinds[ZONE] and not kinds[ZONE] & {"CNAME", "DS"}
    cuts = {name for name, of in kinds.items() if "NS" in of and name != ZONE}
    for name, of in kinds.items():
        assert of == {"CNAME"} or "CNAME" not in of
        assert "ALIAS" not in of or not of & {"A", "AAAA"}
        assert "DS" not in of or name in cuts
        if any(names.below(name, cut) for cut in cuts):
            assert of <= {"A", "AAAA"}
        elif name in cuts:
            assert of <= {"NS", "DS", "A", "AAAA"}
    rows = zone_rows(ZoneSpec(ZONE, "s000001", 1, SERVERS[0], "h.test", there, dnssec=True), 1)["records"]
    assert len(set(rows)) == len(rows)


def test_two_slices_that_want_the_same_set_share_it() -> None:
    one, other = record(ZONE, "TXT", "eins"), replace(record(ZONE, "TXT", "zwei"), ttl=60)
    (found,) = [each for each in served(ground(defaults=(one, other))) if each.type == "TXT"]
    assert (found.ttl, found.contents) == (60, ('"eins"', '"zwei"'))
    assert not [each for each in served(ground(defaults=(record("other.test", "A", "192.0.2.1"),))) if each.type == "A"]


def test_every_record_set_says_where_it_comes_from() -> None:
    default = record(f"www.{ZONE}", "A", "192.0.2.1")
    own = (
        RecordSpec(ZONE, "A", 60, ()),
        record(f"www.{ZONE}", "CNAME", "x.test"),
        record(f"x.blog.{ZONE}", "TXT", "alt"),
    )
    found = compose(ground(*own, defaults=(default, record(ZONE, "A", "192.0.2.1")), children=(f"blog.{ZONE}",)))
    assert {(each.record.name.removesuffix(ZONE), each.record.type): (each.source, each.state) for each in found} == {
        ("", "A"): ("default", "off"), ("", "NS"): ("default", "served"), ("www.", "A"): ("default", "hidden"),
        ("www.", "CNAME"): ("own", "served"), ("blog.", "NS"): ("default", "served"), ("x.blog.", "TXT"): ("own", "hidden"),
    }  # fmt: skip


def test_dangling_targets_are_told_and_wildcards_answer_for_them() -> None:
    one = record(ZONE, "MX", f"10 mx.{ZONE}")
    (warned,) = checks.warnings(ground(one), {ZONE})
    assert (
        str(warned)
        == "The MX record of grüße-aus-köln.test points to mx.grüße-aus-köln.test, which has no records in this zone."
    )
    assert checks.warnings(ground(one), {f"www.{ZONE}"}) == []
    assert checks.warnings(ground(one, record(f"*.{ZONE}", "A", "192.0.2.1")), {ZONE}) == []
    assert checks.warnings(ground(record(ZONE, "MX", f"10 x.blog.{ZONE}"), children=(f"blog.{ZONE}",)), {ZONE}) == []
    assert checks.warnings(ground(record(ZONE, "NS", "ns.example.test")), {ZONE})


@pytest.mark.parametrize(
    ("last", "today", "serial"),
    [(0, date(2027, 3, 4), 2027030400), (2027030400, date(2027, 3, 4), 2027030401), (2027030499, date(2027, 3, 4), 2027030500),
     (2027030500, date(2027, 3, 4), 2027030501), (2027030501, date(2026, 1, 1), 2027030502)],
)  # fmt: skip
def test_serials_only_rise(last: int, today: date, serial: int) -> None:
    assert next_serial(last, today) == serial < 2**32
