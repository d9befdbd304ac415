"""Reports as no agent would send them: nothing is changed by the malformed, and by the others no more than the node may."""

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gasthof.agent.link import Link
from gasthof.agent.wire import NodeReport
from gasthof.slices.nodes.desired import Desired
from gasthof.slices.nodes.models import DesiredObject, Node, NodeContact, NodeEvent, ObjectReport
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_put import put

GOOD = msgspec.to_builtins(NodeReport())
ENTRY = {"kind": "web.site", "key": "a.test", "revision": 1, "state": "live", "words": ""}


def state_of_all() -> object:
    """Every row that a report could change, but the contact's time."""
    tables = (
        Node.objects.values_list(),
        DesiredObject.objects.order_by("pk").values_list(),
        ObjectReport.objects.order_by("pk").values_list(),
        NodeEvent.objects.order_by("pk").values_list(),
        NodeContact.objects.order_by("pk").values_list(
            "node", "facts", "held", "differing", "offered_token", "acked_token"
        ),
    )
    return [list(table) for table in tables]


def send(link: Link, report: object) -> None:
    link._connection.execute("SELECT node_report(%s::jsonb)", [msgspec.json.encode(report).decode()])


MALFORMED = {
    "not an object": [],
    "a field too many": {**GOOD, "more": 1},
    "a field missing": {key: value for key, value in GOOD.items() if key != "held"},
    "reports no list": {**GOOD, "reports": {}},
    "reports null": {**GOOD, "reports": None},
    "1,001 reports": {**GOOD, "reports": [ENTRY] * 1001},
    "an entry no object": {**GOOD, "reports": [1]},
    "an entry's field too many": {**GOOD, "reports": [{**ENTRY, "node": 2}]},
    "unknown state": {**GOOD, "reports": [{**ENTRY, "state": "pending"}]},
    "no state": {**GOOD, "reports": [{**ENTRY, "state": None}]},
    "revision as text": {**GOOD, "reports": [{**ENTRY, "revision": "1"}]},
    "revision negative": {**GOOD, "reports": [{**ENTRY, "revision": -1}]},
    "revision a fraction": {**GOOD, "reports": [{**ENTRY, "revision": 1.5}]},
    "revision huge": {**GOOD, "reports": [{**ENTRY, "revision": 10**17}]},
    "words too long": {**GOOD, "reports": [{**ENTRY, "words": "x" * 4001}]},
    "words no text": {**GOOD, "reports": [{**ENTRY, "words": ["x"]}]},
    "key too long": {**GOOD, "reports": [{**ENTRY, "key": "x" * 301}]},
    "one good entry, one bad": {**GOOD, "reports": [ENTRY, {**ENTRY, "kind": None}]},
    "position missing": {**GOOD, "position": None},
    "position half": {**GOOD, "position": {"epoch": "", "token": ""}},
    "facts a list": {**GOOD, "facts": ["8.2"]},
    "facts deep": {**GOOD, "facts": {"php": [["8.2"]]}},
    "facts with a control character": {**GOOD, "facts": {"php": ["8.2\n"]}},
    "facts with a strange name": {**GOOD, "facts": {"PHP <b>": ["8.2"]}},
    "too many facts": {**GOOD, "facts": {f"f{number}": [] for number in range(51)}},
    "a long list of facts": {**GOOD, "facts": {"php": ["8"] * 51}},
    "digest of no bucket": {**GOOD, "digests": {"64": 1}},
    "digest too large": {**GOOD, "digests": {"1": 2**63}},
    "digest as text": {**GOOD, "digests": {"1": "1"}},
    "held too long": {**GOOD, "held": "x" * 4001},
    "held no text": {**GOOD, "held": True},
    "larger than 8 MB": {**GOOD, "reports": [{**ENTRY, "words": "x" * 9_000_000}]},
}


def test_g11_a_malformed_report_changes_nothing(node: Node, mirror: Mirror) -> None:
    put(node, Desired("web.site", "a.test", 1, "{}"))
    mirror.pull()
    before = state_of_all()
    for name, malformed in MALFORMED.items():
        report = malformed
        if isinstance(malformed, dict) and malformed.get("position") == GOOD["position"]:
            report = {**malformed, "position": msgspec.to_builtins(mirror.position)}
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="malformed"):
            send(mirror.link, report)
            pytest.fail(name)
        assert state_of_all() == before, name


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENTRIES = st.fixed_dictionaries({
    "kind": st.just("web.site"), "key": st.sampled_from(["a.test", "b.test", "c.test"]), "revision": st.integers(0, 4),
    "state": st.sampled_from(["live", "failed", "drift"]), "words": st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20),
})  # fmt: skip
FINDINGS = st.fixed_dictionaries({
    "kind": st.just("web.site"), "key": st.sampled_from(["a.test", "b.test", "c.test"]), "revision": st.integers(0, 4),
    "values": st.dictionaries(st.sampled_from(["bytes", "ds"]), st.integers(0, 10**16 - 1) | st.lists(st.text(max_size=5), max_size=3)),
})  # fmt: skip
FIXTURES = st.fixed_dictionaries(
    {
        "fixture": st.just("web.nginx"),
        "words": st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=9),
    }
)
BUCKETS = st.dictionaries(st.integers(0, 63).map(str), st.integers(-(2**63), 2**63 - 1), max_size=4)
WELL_FORMED = st.fixed_dictionaries({
    "reports": st.lists(ENTRIES, max_size=4), "facts": st.none() | st.just({"php": ["8.2"]}), "digests": st.none() | BUCKETS,
    "position": st.just("own"), "held": st.none() | st.just("would remove 60"), "findings": st.lists(FINDINGS, max_size=3),
    "fixtures": st.lists(FIXTURES, max_size=2),
})  # fmt: skip


@st.composite
def bent(draw: st.DrawFn) -> object:
    """A good report with one part of it, at any depth, replaced by anything."""
    report = draw(WELL_FORMED)
    place: dict[str, object] = report
    inner = [
        *report["reports"],
        *report["findings"],
        *report["fixtures"],
        *(one["values"] for one in report["findings"] if one["values"]),
    ]
    if inner and draw(st.booleans()):
        place = draw(st.sampled_from(inner))
    place[draw(st.sampled_from(sorted(place)))] = draw(JSON)
    return report


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(report=WELL_FORMED | bent() | JSON)
def test_g11_forged_reports_change_at_most_the_nodes_own_states(
    node: Node, neighbour: Node, mirror: Mirror, report: object
) -> None:
    for each in (node, neighbour):
        put(each, Desired("web.site", "a.test", 1, "{}"), Desired("web.site", "b.test", 1, "{}"))
    mirror.pull()
    ObjectReport.objects.all().delete()
    if isinstance(report, dict) and report.get("position") == "own":
        report["position"] = msgspec.to_builtins(mirror.position)
    before = list(DesiredObject.objects.order_by("pk").values_list())
    try:
        send(mirror.link, report)
    except psycopg.DataError as refused:
        assert refused.sqlstate in ("22023", "22P05", "22003")  # malformed; \u0000; a number beyond PostgreSQL's
    assert list(DesiredObject.objects.order_by("pk").values_list()) == before
    assert not ObjectReport.objects.filter(target__node=neighbour).exists()
    assert set(ObjectReport.objects.values_list("state", flat=True)) <= {"live", "failed", "drift"}
    assert all(isinstance(found, dict) for found in ObjectReport.objects.values_list("findings", flat=True))
    assert not NodeContact.objects.get(node=neighbour).facts
    assert mirror.link.changes(mirror.position).parked is None
