"""What node_changes hands out, and when it hands out nothing."""

from dataclasses import replace

import pytest
from django.db import connection

from gasthof.agent.link import Link, LinkRefused
from gasthof.agent.wire import Change, NodeReport, Position, Report
from gasthof.slices.nodes.desired import Desired
from gasthof.slices.nodes.models import DesiredObject, Node, NodeContact, NodeEvent
from gasthof.slices.nodes.tests.conftest import Connect
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_put import put


def sites(*numbers: int, spec: str | None = "{}") -> list[Desired]:
    return [Desired("web.site", f"{number:05}.test", 1, spec) for number in numbers]


def test_g2_an_object_is_named_once_with_its_last_state(node: Node, mirror: Mirror) -> None:
    for version in range(5):
        put(node, Desired("web.site", "xn--mller-kva.test", 1, f'{{"name":"müller.test","n":{version}}}'))
    (change,) = mirror.pull()
    assert (change.revision, change.spec) == (5, '{"name":"müller.test","n":4}')


def test_g2_batches_hold_500_rows_by_revision(node: Node, link: Link, mirror: Mirror) -> None:
    put(node, *sites(*range(1200)))
    sizes, more, revisions = [], True, []
    while more:
        batch = link.changes(mirror.position)
        mirror.take(batch)
        sizes.append(len(batch.changes))
        revisions += [change.revision for change in batch.changes]
        more = batch.more
    assert sizes == [500, 500, 200]
    assert revisions == list(range(1, 1201))


def test_g2_batches_hold_about_a_megabyte(node: Node, link: Link) -> None:
    put(node, *sites(*range(20), spec='"' + "ü" * 100_000 + '"'))
    batch = link.changes(Position())
    assert len(batch.changes) == 5  # 200 kB each
    assert batch.more


def test_g2_an_object_larger_than_a_batch_still_gets_through(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1, 2, spec='"' + "x" * 3_000_000 + '"'))
    assert len(mirror.pull()) == 2


def test_g4_a_batch_that_got_lost_is_handed_out_again(node: Node, link: Link, mirror: Mirror) -> None:
    mirror.pull()
    put(node, *sites(1))
    lost = link.changes(mirror.position)
    put(node, *sites(2))
    again = link.changes(mirror.position)
    assert [change.key for change in lost.changes] == ["00001.test"]
    assert [change.key for change in again.changes] == ["00001.test", "00002.test"]
    assert again.position.token != lost.position.token


def test_g4_the_token_of_a_batch_that_was_handed_out_again_is_void(node: Node, link: Link, mirror: Mirror) -> None:
    mirror.pull()
    put(node, *sites(1))
    lost = link.changes(mirror.position)
    link.changes(mirror.position)
    assert link.changes(lost.position).parked == "unknown-position"


def test_g6_a_whole_listing_names_everything_while_changes_go_on(node: Node, link: Link, mirror: Mirror) -> None:
    put(node, *sites(*range(1100)))
    mirror.objects[("web.site", "orphan.test")] = Change("web.site", "orphan.test", 1, 1, "{}")
    first = link.changes(mirror.position)
    assert first.full
    mirror.take(first)
    put(node, *sites(3, spec='"moved to the end"'), *sites(4, spec=None), *sites(1099, spec=None), *sites(2000))
    while mirror.listed is not None:
        batch = link.changes(mirror.position)
        assert not batch.full
        mirror.take(batch)
    rows = DesiredObject.objects.exclude(spec=None)
    assert mirror.specs() == {(row.kind, row.key): row.spec for row in rows}


def test_g6_a_node_without_a_journal_is_given_everything(node: Node, connect: Connect, mirror: Mirror) -> None:
    put(node, *sites(1, 2))
    mirror.pull()
    put(node, *sites(1, spec=None), *sites(3))
    reborn = Mirror(connect(node))
    reborn.pull()
    assert set(reborn.specs()) == {("web.site", "00002.test"), ("web.site", "00003.test")}


def test_g6_after_a_whole_listing_the_old_journal_is_of_no_use(node: Node, connect: Connect, mirror: Mirror) -> None:
    """It may lack tombstones that were served since."""
    put(node, *sites(1))
    mirror.pull()
    reborn = Mirror(connect(node))
    reborn.pull()
    reborn.pull()
    assert mirror.link.changes(mirror.position).parked == "unknown-position"


@pytest.mark.parametrize("field", ["epoch", "token", "revision"])
def test_g8_an_unknown_position_parks_the_node(node: Node, link: Link, mirror: Mirror, field: str) -> None:
    put(node, *sites(1))
    mirror.pull()
    put(node, *sites(2))
    strange = replace(mirror.position, **{field: 2 if field == "revision" else "other"})  # type: ignore[arg-type]
    batch = link.changes(strange)
    assert (batch.parked, batch.changes, batch.full) == ("unknown-position", (), False)
    assert batch.position == strange
    assert link.changes(mirror.position).parked  # until an operator says so
    assert link.changes(Position()).parked
    assert NodeEvent.objects.filter(node=node, what="parked").count() == 1


def test_g8_a_parked_nodes_reports_do_not_count(node: Node, link: Link, mirror: Mirror) -> None:
    put(node, *sites(1))
    put(node, *sites(1, spec=None))
    (change,) = mirror.pull()
    link.changes(Position("x", "y", 1))
    assert mirror.say(change).accepted == 0
    assert DesiredObject.objects.exists()


def test_g16_polling_writes_the_contact_and_nothing_else(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.say(*mirror.pull())
    mirror.pull()

    def versions() -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 'n', xmin::text, ctid::text FROM nodes_node UNION SELECT 'd', xmin::text, ctid::text"
                " FROM nodes_desiredobject UNION SELECT 'r', xmin::text, ctid::text FROM nodes_objectreport"
            )
            return sorted(cursor.fetchall())

    before, contact = versions(), NodeContact.objects.get(node=node)
    for _poll in range(5):
        assert mirror.pull() == []
    after = NodeContact.objects.get(node=node)
    assert versions() == before
    assert after.last_contact > contact.last_contact
    assert (after.offered_token, after.acked_token) == (contact.offered_token, contact.acked_token)


def test_g17_the_hint_is_empty_and_for_this_node(node: Node, neighbour: Node, connect: Connect) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN node_koeln")
        cursor.execute("LISTEN node_bonn")
    mine, other = connect(node), connect(neighbour)
    put(node, *sites(*range(3)))
    assert mine.wait(5)
    assert not other.wait(0.2)
    heard = list(connection.connection.notifies(timeout=0.5))
    assert [(hint.channel, hint.payload) for hint in heard] == [("node_koeln", "")]


def test_g17_hints_that_came_meanwhile_are_one(node: Node, link: Link) -> None:
    for number in range(5):
        put(node, *sites(number))
    link.changes(Position())
    assert link.wait(1)
    assert not link.wait(0.1)


def test_neighbours_share_nothing(node: Node, neighbour: Node, connect: Connect) -> None:
    put(node, *sites(1))
    put(neighbour, *sites(2))
    assert [change.key for change in connect(node).changes(Position()).changes] == ["00001.test"]
    assert [change.key for change in connect(neighbour).changes(Position()).changes] == ["00002.test"]


def test_a_role_without_a_node_is_refused(node: Node, link: Link) -> None:
    NodeContact.objects.all().delete()
    Node.objects.all().delete()
    with pytest.raises(LinkRefused, match="no node has the role node_koeln"):
        link.changes(Position())


def test_report_before_the_first_fetch_counts_nothing(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (change,) = mirror.link.changes(Position()).changes
    said = Report(change.kind, change.key, change.revision, "live")
    assert mirror.link.report(NodeReport((said,))).accepted == 0
