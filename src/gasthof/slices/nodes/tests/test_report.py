"""What node_report takes, and what it leaves."""

import msgspec
import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gasthof.agent.link import Link, LinkRefused
from gasthof.agent.wire import NodeReport, Report
from gasthof.slices.nodes.desired import Desired
from gasthof.slices.nodes.models import DesiredObject, Node, NodeContact, NodeEvent, ObjectReport
from gasthof.slices.nodes.tests.conftest import Connect
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_changes import sites
from gasthof.slices.nodes.tests.test_put import put
from gasthof.slices.nodes.watch import send_differing

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


def test_g7_a_tombstone_stays_until_the_node_says_that_it_is_gone(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.say(*mirror.pull())
    put(node, *sites(1, spec=None))
    (tombstone,) = mirror.pull()
    assert tombstone.spec is None
    mirror.say(tombstone, state="failed", words="rm: busy")
    assert DesiredObject.objects.count() == 1
    mirror.say(tombstone)
    assert not DesiredObject.objects.exists()
    assert not ObjectReport.objects.exists()
    assert mirror.say(tombstone).accepted == 0  # again, its answer got lost


def test_g7_a_late_word_on_a_tombstone_does_not_remove_a_new_life(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    put(node, *sites(1, spec=None))
    (tombstone,) = mirror.pull()
    put(node, *sites(1, spec='"back"'))
    assert mirror.say(tombstone).accepted == 0
    assert DesiredObject.objects.get().spec == '"back"'


def test_g11_only_the_current_revision_counts(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (old,) = mirror.pull()
    put(node, *sites(1, spec='"new"'))
    assert mirror.say(old).accepted == 0
    (new,) = mirror.pull()
    assert mirror.link.report(
        NodeReport((Report(new.kind, new.key, new.revision + 1, "live"),), position=mirror.position)
    ).accepted == 0  # fmt: skip
    assert not ObjectReport.objects.exists()
    assert mirror.say(new).accepted == 1


def test_g11_other_nodes_objects_are_out_of_reach(
    node: Node, neighbour: Node, connect: Connect, mirror: Mirror
) -> None:
    put(neighbour, *sites(1), *sites(2))
    put(neighbour, *sites(2, spec=None))
    other = Mirror(connect(neighbour))
    theirs = other.pull()
    put(node, *sites(9))
    mirror.pull()
    assert mirror.say(*theirs).accepted == 0
    assert mirror.say(*theirs, state="drift", words="mine").accepted == 0
    assert DesiredObject.objects.filter(node=neighbour).count() == 2
    assert not ObjectReport.objects.exists()
    assert not NodeEvent.objects.exists()


def test_g11_the_last_word_in_a_report_counts(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (change,) = mirror.pull()
    words = [Report(change.kind, change.key, change.revision, state, state) for state in ("live", "failed")]
    assert mirror.link.report(NodeReport(tuple(words), position=mirror.position)).accepted == 1
    assert ObjectReport.objects.get().state == "failed"


def test_the_same_report_again_writes_nothing(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    changes = mirror.pull()
    mirror.say(*changes)
    at = ObjectReport.objects.get().at
    assert mirror.say(*changes).accepted == 1
    assert ObjectReport.objects.get().at == at


def test_drift_is_noted_and_ends_when_the_object_is_live_again(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    changes = mirror.pull()
    mirror.say(*changes, state="drift", words="hosts/00001.test.json: edited by hand")
    assert ObjectReport.objects.get().state == "drift"
    mirror.say(*changes)
    assert ObjectReport.objects.get().state == "live"
    event = NodeEvent.objects.get()
    assert (event.what, event.subject) == ("drift", "web.site 00001.test")
    assert event.words == "hosts/00001.test.json: edited by hand"


def test_g12_a_node_cannot_fill_the_list_of_events(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(400)))
    changes = mirror.pull()
    for turn in range(4):
        mirror.say(*changes, state="drift", words=f"turn {turn}")
    assert NodeEvent.objects.count() == 1000
    for turn in range(1010):
        mirror.link.report(NodeReport(position=mirror.position, held=f"plan {turn}"))
    assert NodeEvent.objects.filter(what="held").count() == 1000


def test_g13_words_lose_what_drives_a_terminal(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.say(
        *mirror.pull(), state="failed", words="nginx: größe\n\tline 2 \x1b[2J\x9b1m\x07\x7f \u202egnp.exe \u2066x"
    )
    replaced = "nginx: größe\n\tline 2 �[2J�1m�� �gnp.exe �x"
    assert ObjectReport.objects.get().words == replaced


def test_facts_are_kept_as_said_last(node: Node, link: Link) -> None:
    link.report(NodeReport(facts={"php": ["8.2", "8.3"]}))
    link.report(NodeReport())
    assert NodeContact.objects.get(node=node).facts == {"php": ["8.2", "8.3"]}


def test_whatever_a_daemon_said_gets_through(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    odd = b"gr\xfc\xdfe \0 ".decode("utf-8", "surrogateescape")
    assert mirror.say(*mirror.pull(), state="failed", words=odd + "ü" * 5000, held=odd).accepted == 1
    words = ObjectReport.objects.get().words
    assert words.startswith("gr??e � üü")
    assert len(words) == 4000


def test_long_reports_go_in_several_messages(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(1000)))
    changes = mirror.pull()
    assert mirror.say(*changes, facts={"php": []}).accepted == 1000
    assert ObjectReport.objects.count() == 1000


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


@pytest.mark.parametrize("name", MALFORMED)
def test_g11_a_malformed_report_changes_nothing(node: Node, mirror: Mirror, name: str) -> None:
    put(node, Desired("web.site", "a.test", 1, "{}"))
    mirror.pull()
    report = MALFORMED[name]
    if isinstance(report, dict) and report.get("position") == GOOD["position"]:
        report = {**report, "position": msgspec.to_builtins(mirror.position)}
    before = state_of_all()
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="malformed"):
        send(mirror.link, report)
    assert state_of_all() == before


def test_the_link_tells_a_refusal_from_a_loss(link: Link) -> None:
    with pytest.raises(LinkRefused, match="malformed: a report"):
        link.report(NodeReport((Report("k", "x" * 301, 1, "live"),)))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SHAPED = st.fixed_dictionaries({
    "reports": st.lists(st.fixed_dictionaries({
        "kind": st.sampled_from(["web.site", ""]) | st.text(max_size=70),
        "key": st.sampled_from(["a.test", "b.test"]) | st.text(max_size=310),
        "revision": st.integers(-2, 5) | st.integers() | JSON,
        "state": st.sampled_from(["live", "failed", "drift", "gone"]) | JSON,
        "words": st.text(max_size=20) | JSON,
    }), max_size=3) | JSON,
    "facts": st.none() | JSON, "digests": st.none() | st.dictionaries(st.integers(-1, 70).map(str), st.integers()) | JSON,
    "position": st.just("own") | JSON, "held": st.none() | JSON,
})  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(report=SHAPED | JSON)
def test_g11_forged_reports_change_at_most_the_nodes_own_states(
    node: Node, neighbour: Node, mirror: Mirror, report: object
) -> None:
    put(node, Desired("web.site", "a.test", 1, "{}"))
    put(neighbour, Desired("web.site", "a.test", 1, "{}"))
    mirror.pull()
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
    assert not NodeContact.objects.get(node=neighbour).facts
    assert mirror.link.changes(mirror.position).parked is None


def test_g10_digests_that_agree_say_nothing(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(200)))
    put(node, *sites(7, spec=None))
    mirror.pull()
    assert mirror.say(digests=mirror.digests()).differing is None
    assert send_differing() == 0


def test_g10_a_row_changed_behind_the_protocols_back_is_found_and_sent_again(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(200)))
    mirror.say(*mirror.pull())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE nodes_desiredobject SET spec = '\"by hand\"' WHERE key = '00042.test'")
    differing = mirror.say(digests=mirror.digests()).differing
    assert differing is not None
    ((_bucket, named),) = differing.items()
    assert ["web.site", "00042.test"] in named
    assert send_differing() == len(named)
    assert {change.key for change in mirror.pull()} == {key for _kind, key in named}
    assert mirror.specs()["web.site", "00042.test"] == '"by hand"'
    assert mirror.say(digests=mirror.digests()).differing is None


def test_g10_what_the_node_lost_or_has_too_much_is_found(node: Node, mirror: Mirror) -> None:
    put(node, *sites(*range(50)))
    mirror.pull()
    del mirror.objects["web.site", "00010.test"]
    extra = mirror.objects["web.site", "00011.test"]
    mirror.objects["web.site", "never.test"] = type(extra)("web.site", "never.test", 1, 1, "{}")
    differing = mirror.say(digests=mirror.digests()).differing or {}
    named = {tuple(key) for keys in differing.values() for key in keys}
    assert ("web.site", "00010.test") in named
    assert ("web.site", "never.test") not in named
    assert len(differing) == 2
    send_differing()
    mirror.pull()
    assert ("web.site", "00010.test") in mirror.objects


def test_g10_digests_are_compared_only_at_the_head(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.pull()
    digests = {"3": 12345}
    put(node, *sites(2))
    assert mirror.say(digests=digests).differing is None
    mirror.pull()
    assert mirror.say(digests=digests).differing is not None


def test_g15_a_nodes_open_transaction_holds_up_no_verb(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1, 2))
    changes = mirror.pull()
    mirror.link._connection.execute("BEGIN")
    mirror.say(*changes)
    mirror.pull()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        put(node, *sites(1, 2, 3, spec='"changed"'))
    mirror.link._connection.execute("COMMIT")
    assert len(mirror.pull()) == 3


def test_g8_a_report_voids_the_position_before_it(node: Node, mirror: Mirror) -> None:
    """A journal restored to that would keep what a tombstone, served since, took away."""
    put(node, *sites(1))
    mirror.pull()
    old = Mirror(mirror.link, mirror.position, dict(mirror.objects))
    put(node, *sites(1, spec=None))
    mirror.say(*mirror.pull())
    assert old.link.changes(old.position).parked == "unknown-position"


def test_g11_what_a_node_cannot_have_seen_yet_does_not_count(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.pull()
    put(node, *sites(2))
    said = Report("web.site", "00002.test", 2, "live")
    assert mirror.link.report(NodeReport((said,), position=mirror.position)).accepted == 0
