"""What node_report takes, and what it leaves."""

from typing import LiteralString

import pytest
from django.db import connection, transaction

from gasthof.agent.link import Link, LinkRefused
from gasthof.agent.wire import NodeReport, Position, Report
from gasthof.slices.nodes.models import DesiredObject, Node, NodeContact, NodeEvent, ObjectReport
from gasthof.slices.nodes.queries import progress
from gasthof.slices.nodes.tests.conftest import Connect
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_changes import sites
from gasthof.slices.nodes.tests.test_put import put
from gasthof.slices.nodes.watch import remove_served


def test_g7_a_tombstone_stays_until_the_node_says_that_it_is_gone(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.say(*mirror.pull())
    put(node, *sites(1, spec=None))
    (tombstone,) = mirror.pull()
    assert tombstone.spec is None
    mirror.say(tombstone, state="failed", words="rm: busy")
    assert remove_served() == 0
    mirror.say(tombstone)
    assert mirror.say(tombstone).accepted == 1  # again, its answer got lost
    assert remove_served() == 1
    assert not DesiredObject.objects.exists()
    assert not ObjectReport.objects.exists()
    assert mirror.say(tombstone).accepted == 0


def test_g7_a_late_word_on_a_tombstone_does_not_remove_a_new_life(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    put(node, *sites(1, spec=None))
    (tombstone,) = mirror.pull()
    put(node, *sites(1, spec='"back"'))
    assert mirror.say(tombstone).accepted == 0
    assert remove_served() == 0
    assert DesiredObject.objects.get().spec == '"back"'


def test_g7_a_served_tombstone_leaves_a_new_life_alone(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    put(node, *sites(1, spec=None))
    mirror.say(*mirror.pull())
    put(node, *sites(1, spec='"back"'))
    assert remove_served() == 0
    (back,) = mirror.pull()
    assert back.spec == '"back"'
    assert mirror.say(back).accepted == 1
    assert remove_served() == 0


def test_g7_the_tombstone_of_a_second_life_is_told_too(node: Node, mirror: Mirror) -> None:
    """What was said of the first one does not count for it."""
    for spec in ("{}", None):
        put(node, *sites(1, spec=spec))
        mirror.say(*mirror.pull())
    put(node, *sites(1, spec='"back"'))
    put(node, *sites(1, spec=None))
    assert remove_served() == 0
    (tombstone,) = mirror.pull()
    mirror.say(tombstone)
    assert remove_served() == 1


def test_g7_a_served_tombstone_that_is_listed_again_does_no_harm(node: Node, connect: Connect, mirror: Mirror) -> None:
    put(node, *sites(1, 2))
    mirror.pull()
    put(node, *sites(1, spec=None))
    mirror.say(*mirror.pull())
    reborn = Mirror(connect(node))
    listed = reborn.pull()
    assert [(change.key, change.spec) for change in listed] == [("00002.test", "{}"), ("00001.test", None)]
    assert reborn.say(*listed).accepted == 2
    assert remove_served() == 1
    assert reborn.say(digests=reborn.digests()).differing is None
    put(node, *sites(3))
    assert [change.key for change in reborn.pull()] == ["00003.test"]


def test_g7_many_served_tombstones_go_at_once(node: Node, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.slices.nodes.watch.MOST_AT_ONCE", 10)
    put(node, *sites(*range(30)))
    put(node, *sites(*range(25), spec=None))
    mirror.say(*mirror.pull())
    assert remove_served() == 25
    assert DesiredObject.objects.count() == ObjectReport.objects.count() == 5


def test_g8_a_parked_nodes_tombstones_stay(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    put(node, *sites(1, spec=None))
    mirror.say(*mirror.pull())
    mirror.link.changes(Position("x", "y", 1))
    assert remove_served() == 0


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


def test_the_link_tells_a_refusal_from_a_loss(link: Link) -> None:
    with pytest.raises(LinkRefused, match="malformed: a report"):
        link.report(NodeReport((Report("k", "x" * 301, 1, "live"),)))


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


@pytest.mark.parametrize("said_before", [False, True])
@pytest.mark.parametrize("constraints", ["DEFERRED", "IMMEDIATE"])
def test_g15_nor_does_one_that_speaks_of_a_tombstone(
    node: Node, mirror: Mirror, constraints: LiteralString, said_before: bool
) -> None:
    """With its locks of foreign keys taken at once, too. The object comes back, another verb goes on, and so does the worker."""
    put(node, *sites(1))
    put(node, *sites(1, spec=None))
    tombstones = mirror.pull()
    if said_before:
        mirror.say(*tombstones)
    mirror.link._connection.execute("BEGIN")
    mirror.link._connection.execute(f"SET CONSTRAINTS ALL {constraints}")
    assert mirror.say(*tombstones).accepted == 1
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        assert remove_served() == 0
        put(node, *sites(1, spec='"back"'))
        put(node, *sites(2))
    mirror.link._connection.execute("COMMIT")
    assert remove_served() == 0
    assert [(change.key, change.spec) for change in mirror.pull()] == [("00001.test", '"back"'), ("00002.test", "{}")]
    assert progress(node.pk, "web.site", "00001.test", 3).state == "pending"


def test_g15_the_worker_passes_over_what_a_node_has_locked(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1, 2))
    put(node, *sites(1, 2, spec=None))
    one, two = mirror.pull()
    mirror.say(one, two)
    mirror.link._connection.execute("BEGIN")
    mirror.say(one)
    assert remove_served() == 1
    mirror.link._connection.execute("COMMIT")
    assert DesiredObject.objects.get().key == one.key
    assert remove_served() == 1


def test_g8_a_report_voids_the_position_before_it(node: Node, mirror: Mirror) -> None:
    """A journal restored to that would keep what a tombstone, served since, took away."""
    put(node, *sites(1))
    mirror.pull()
    old = Mirror(mirror.link, mirror.position, dict(mirror.objects))
    put(node, *sites(1, spec=None))
    mirror.say(*mirror.pull())
    assert remove_served() == 1
    assert old.link.changes(old.position).parked == "unknown-position"


def test_g11_what_a_node_cannot_have_seen_yet_does_not_count(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.pull()
    put(node, *sites(2))
    said = Report("web.site", "00002.test", 2, "live")
    assert mirror.link.report(NodeReport((said,), position=mirror.position)).accepted == 0
