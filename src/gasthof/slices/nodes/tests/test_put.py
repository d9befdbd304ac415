"""Revisions: given out under the node row's lock, in the order of commits, to what differs, and to nothing else."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from gasthof.agent.link import Link
from gasthof.agent.wire import object_digest
from gasthof.slices.nodes.desired import Desired, put_desired
from gasthof.slices.nodes.models import DesiredObject, Node
from gasthof.slices.nodes.tests.mirror import Mirror

pytestmark = pytest.mark.quick

KEY = "xn--gre-aus-kln-dcb8w.test"


def put(node: Node, *changes: Desired) -> dict[tuple[str, str], int]:
    with transaction.atomic():
        return dict(put_desired(node.pk, changes))


def in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_g1_the_later_writer_commits_first_and_nothing_is_lost(node: Node, mirror: Mirror) -> None:
    early_began, may_go_on = threading.Event(), threading.Event()

    def early() -> None:
        with transaction.atomic():
            connection.cursor().execute("SELECT txid_current()")  # its transaction is the older one
            early_began.set()
            may_go_on.wait(10)
            put_desired(node.pk, [Desired("web.site", "early.test", 1, "{}")])

    thread = in_thread(early)
    early_began.wait(10)
    put(node, Desired("web.site", "late.test", 1, "{}"))
    assert [change.key for change in mirror.pull()] == ["late.test"]
    may_go_on.set()
    thread.join()
    assert [change.key for change in mirror.pull()] == ["early.test"]


def test_g1_whoever_has_the_lock_keeps_others_from_taking_a_higher_revision(node: Node, mirror: Mirror) -> None:
    holding, may_commit = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            put_desired(node.pk, [Desired("web.site", "first.test", 1, "{}")])
            holding.set()
            may_commit.wait(10)

    one = in_thread(first)
    holding.wait(10)
    two = in_thread(lambda: put(node, Desired("web.site", "second.test", 1, "{}")) and None)
    assert mirror.pull() == []  # neither is visible, and the node is not held up
    may_commit.set()
    one.join()
    two.join()
    assert [change.key for change in mirror.pull()] == ["first.test", "second.test"]


def test_g3_an_unchanged_spec_gets_no_revision_and_wakes_nobody(node: Node, link: Link) -> None:
    same = Desired("web.site", KEY, 1, '{"name":"grüße-aus-köln.test"}')
    first = put(node, same)
    assert link.wait(5)
    node.refresh_from_db()
    assert put(node, same) == first
    assert not link.wait(0.2)
    revision = node.revision
    node.refresh_from_db()
    assert node.revision == revision


def test_g3_a_new_spec_version_is_a_change(node: Node) -> None:
    assert put(node, Desired("k", "a", 1, "{}")) == {("k", "a"): 1}
    assert put(node, Desired("k", "a", 2, "{}")) == {("k", "a"): 2}


def test_g3_a_tombstone_for_what_never_was_is_nothing(node: Node) -> None:
    assert put(node, Desired("k", "a", 1, None)) == {}
    assert not DesiredObject.objects.exists()


def test_g3_what_is_rolled_back_leaves_no_gap(node: Node, mirror: Mirror) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        put_desired(node.pk, [Desired("k", "a", 1, "{}")])
        raise ZeroDivisionError
    assert put(node, Desired("k", "b", 1, "{}")) == {("k", "b"): 1}
    assert [change.key for change in mirror.pull()] == ["b"]


def test_g2_revisions_follow_the_order_given(node: Node, mirror: Mirror) -> None:
    put(node, Desired("z", "1", 1, "{}"), Desired("a", "2", 1, "{}"), Desired("m", "3", 1, "{}"))
    assert [(change.kind, change.revision) for change in mirror.pull()] == [("z", 1), ("a", 2), ("m", 3)]


def test_g5_two_hundred_writers_at_once_lose_nothing(node: Node, mirror: Mirror) -> None:
    """Over twelve connections, with the node fetching all the while."""

    def write(number: int) -> None:
        shared = Desired("web.site", "shared.test", 1, f'{{"n":{number}}}')
        put(node, Desired("web.site", f"{number}.test", 1, "{}"), shared)

    def close() -> None:
        connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        jobs = [pool.submit(write, number) for number in range(200)]
        while not all(job.done() for job in jobs):
            mirror.pull()
        for job in jobs:
            job.result()
        barrier = threading.Barrier(12)
        list(pool.map(lambda _: (barrier.wait(10), close()), range(12)))
    mirror.pull()
    node.refresh_from_db()
    assert node.revision == 400
    assert mirror.specs() == {(row.kind, row.key): row.spec for row in DesiredObject.objects.all()}
    assert len(mirror.specs()) == 201


def test_g10_the_database_computes_the_same_digest(node: Node) -> None:
    spec = '{"title":"Bäckerei \\\\ \\"Müller\\"","emoji":"🥐"}'
    put(node, Desired("web.site", KEY, 3, spec))
    assert DesiredObject.objects.get().digest == object_digest("web.site", KEY, 3, spec)


def test_an_unknown_node_is_an_error_of_the_caller(committed: None) -> None:
    with pytest.raises(Exception, match="no node has the number 77"), transaction.atomic():
        put_desired(77, [Desired("k", "a", 1, "{}")])
