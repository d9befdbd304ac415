"""What verbs, operators and the worker do to nodes."""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from procrastinate.contrib.django import app

from gasthof.agent.wire import NodeReport, Position
from gasthof.kernel.actions import perform
from gasthof.kernel.call import Call
from gasthof.kernel.clock import Clocks, FixedClock
from gasthof.kernel.permissions import SYSTEM, Actor
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.nodes.actions import desire
from gasthof.slices.nodes.jobs import watch
from gasthof.slices.nodes.models import DesiredObject, Node, NodeContact, NodeEvent
from gasthof.slices.nodes.queries import Failure, events, node_status, progress, status, wait_until_live
from gasthof.slices.nodes.registration import register
from gasthof.slices.nodes.tests.conftest import NOW
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_changes import sites
from gasthof.slices.nodes.tests.test_put import in_thread, put
from gasthof.slices.nodes.watch import note_silence, remove_served

OPERATOR = Actor("operator")
KEY = "xn--gre-aus-kln-dcb8w.test"


@dataclass(frozen=True)
class Spec:
    title: str
    names: dict[str, str]


def call() -> Call:
    return Call(SYSTEM, Clocks(FixedClock(NOW), FixedClock(NOW)))


def test_desire_writes_at_the_end_and_once(node: Node) -> None:
    """The last word on an object counts; what is awaited is named with its revision."""
    one = call()
    with transaction.atomic():
        desire(one, node, "web.site", KEY, Spec("Köln", {"b": "2", "a": "1"}), 1)
        desire(one, node, "web.site", KEY, Spec("grüße aus Köln", {"b": "2", "a": "1"}), 1)
        assert not DesiredObject.objects.exists()
        one.finish()
    row = DesiredObject.objects.get()
    assert row.spec == '{"title":"grüße aus Köln","names":{"a":"1","b":"2"}}'
    assert [(each.node, each.kind, each.key, each.revision) for each in one.awaited] == [(node.pk, "web.site", KEY, 1)]


def test_desire_none_leaves_a_tombstone(node: Node) -> None:
    put(node, *sites(1))
    one = call()
    with transaction.atomic():
        desire(one, node, "web.site", "00001.test", None, 1)
        one.finish()
    assert DesiredObject.objects.get().spec is None


def test_two_calls_for_two_nodes_never_wait_for_each_other(node: Node, neighbour: Node) -> None:
    """Each names the nodes in another order; locked in that order, half of them would end in a deadlock."""

    def work(nodes: list[Node]) -> None:
        for number in range(40):
            one = call()
            with transaction.atomic():
                for each in nodes:
                    desire(one, each, "k", f"{nodes[0].name}{number}", {}, 1)
                one.finish()

    threads = [in_thread(lambda nodes=nodes: work(nodes)) for nodes in ([node, neighbour], [neighbour, node])]
    for thread in threads:
        thread.join()
    assert DesiredObject.objects.count() == 160


def test_registering_again_changes_nothing(node: Node) -> None:
    again, made = register("koeln", 2_000_000, NOW + timedelta(days=1))
    assert (again, made) == (node, False)
    assert Node.objects.get() == node
    assert NodeContact.objects.count() == 1


@pytest.mark.parametrize("name", ["Köln", "", "a b", "a\n", "a_b", "x" * 41, "a'; DROP ROLE postgres"])
def test_a_bad_name_is_refused(committed: None, name: str) -> None:
    with pytest.raises(CommandError, match="no node's name"):
        call_command("register_node", name, uid_base=1)
    assert not Node.objects.exists()


def test_another_uid_base_is_refused(node: Node) -> None:
    with pytest.raises(CommandError, match="has the uid base 2000000"):
        call_command("register_node", "koeln", uid_base=5)


def test_g19_what_is_held_goes_on_only_when_released(node: Node, mirror: Mirror) -> None:
    words = "would remove 60 of 100: grüße-aus-köln.test, …"
    assert not mirror.say(held=words).released
    assert node_status(reread(node)).held == words
    perform(OPERATOR, "nodes.release", {"node": "koeln"})
    assert mirror.link.wait(5)
    assert mirror.say(held=words).released
    assert mirror.say(held=words).released  # its answer got lost
    assert not mirror.say().released
    assert node_status(reread(node)).held is None
    assert not mirror.say(held=words).released  # another time, another release
    assert [event.what for event in events(node)] == ["held", "released", "held"]


def test_g19_a_release_is_for_the_plan_that_was_shown(node: Node, mirror: Mirror) -> None:
    mirror.say(held="would remove 60")
    perform(OPERATOR, "nodes.release", {"node": "koeln"})
    assert not mirror.say(held="would remove 61").released


def test_nothing_held_nothing_released(node: Node) -> None:
    with pytest.raises(ActionRefused, match="holds nothing back"):
        perform(OPERATOR, "nodes.release", {"node": "koeln"})


def test_customers_say_nothing_to_nodes(node: Node) -> None:
    for verb in ("nodes.adopt", "nodes.release", "nodes.retry"):
        with pytest.raises(ActionRefused):
            perform(Actor("owner", customer=1), verb, {"node": "koeln"})


def test_retry_sends_again_what_failed_and_no_more(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1, 2, 3))
    one, two, _three = mirror.pull()
    mirror.say(one, state="failed", words="nginx: no")
    mirror.say(two)
    assert perform(OPERATOR, "nodes.retry", {"node": "koeln"}).result == {"node": "koeln", "objects": 1}
    assert mirror.link.wait(5)
    assert [change.key for change in mirror.pull()] == ["00001.test"]


def test_a_node_that_keeps_its_row_locked_is_said_to_be_busy(
    node: Node, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gasthof.slices.nodes.actions.PATIENCE", "100ms")
    mirror.say(held="would remove 60")
    mirror.link._connection.execute("BEGIN")
    mirror.pull()
    with pytest.raises(ActionRefused, match="busy"):
        perform(OPERATOR, "nodes.release", {"node": "koeln"})


def test_adopting_waits_for_a_verb_longer_than_for_the_node(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.slices.nodes.actions.PATIENCE", "100ms")
    holding = threading.Event()

    def verb() -> None:
        with transaction.atomic():
            put(node, *sites(1))
            holding.set()
            time.sleep(0.5)

    thread = in_thread(verb)
    assert holding.wait(10)
    try:
        assert perform(OPERATOR, "nodes.adopt", {"node": "koeln"}).result == {"node": "koeln", "objects": 1}
    finally:
        thread.join()


def reread(node: Node) -> Node:
    return Node.objects.select_related("contact").get(pk=node.pk)


def test_status_counts_what_is_pending_failed_and_drifted(node: Node, neighbour: Node, mirror: Mirror) -> None:
    put(node, *sites(1, 2, 3, 4, 5))
    one, two, three, four, _five = mirror.pull()
    mirror.say(one, state="failed", words="nginx: größe")
    mirror.say(two, state="drift", words="edited")
    mirror.say(three, four)
    put(node, *sites(4, spec='"newer"'))
    other, found = status()
    assert (found.objects, found.pending, found.failed, found.drifted) == (5, 2, 1, 1)
    assert found.errors == (Failure("web.site", "00001.test", "nginx: größe"),)
    assert found.last_contact is not None
    assert (other.name, other.last_contact, other.objects) == ("bonn", None, 0)


def test_waiting_ends_with_the_nodes_word(node: Node, mirror: Mirror) -> None:
    revision = put(node, *sites(1))["web.site", "00001.test"]

    def later() -> None:
        time.sleep(0.3)
        mirror.say(*mirror.pull(), state="failed", words="nginx: no")

    thread = threading.Thread(target=later)
    thread.start()
    began = time.monotonic()
    found = wait_until_live(node.pk, "web.site", "00001.test", revision, timeout=10)
    assert (found.state, found.words) == ("failed", "nginx: no")
    assert 0.2 < time.monotonic() - began < 1.5  # woken, not polled
    thread.join()


def test_waiting_gives_up(node: Node) -> None:
    put(node, *sites(1))
    began = time.monotonic()
    assert wait_until_live(node.pk, "web.site", "00001.test", 1, timeout=0.3).state == "pending"
    assert time.monotonic() - began < 2


def test_a_deletion_is_live_when_its_tombstone_is_gone(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.say(*mirror.pull())
    revision = put(node, *sites(1, spec=None))["web.site", "00001.test"]
    assert progress(node.pk, "web.site", "00001.test", revision).state == "pending"
    mirror.say(*mirror.pull())
    assert progress(node.pk, "web.site", "00001.test", revision).state == "live"
    assert put(node, *sites(1, spec=None)) == {("web.site", "00001.test"): revision}  # said again
    assert remove_served() == 1
    assert progress(node.pk, "web.site", "00001.test", revision).state == "live"


def test_g7_status_counts_no_tombstone_that_has_served(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1, 2, 3))
    mirror.say(*mirror.pull())
    put(node, *sites(1, 2, spec=None))
    one, two = mirror.pull()
    assert counts(node) == (3, 2, 0)
    mirror.say(one)
    mirror.say(two, state="failed", words="rm: größe.test is busy")
    assert counts(node) == (2, 0, 1)
    put(node, *sites(1))
    assert counts(node) == (3, 1, 1)


def counts(node: Node) -> tuple[int, int, int]:
    found = node_status(reread(node))
    return found.objects, found.pending, found.failed


def test_a_later_change_answers_for_an_earlier_one(node: Node, mirror: Mirror) -> None:
    first = put(node, *sites(1))["web.site", "00001.test"]
    put(node, *sites(1, spec='"newer"'))
    mirror.say(*mirror.pull())
    assert progress(node.pk, "web.site", "00001.test", first).state == "live"


def test_g20_silence_is_noted_once_and_so_is_the_return(node: Node, mirror: Mirror) -> None:
    mirror.pull()
    heard = NodeContact.objects.get(node=node).last_contact
    assert heard is not None
    assert note_silence(heard + timedelta(seconds=119)) == []
    assert note_silence(heard + timedelta(seconds=121)) == [("koeln", "silent")]
    assert note_silence(heard + timedelta(seconds=181)) == []
    assert note_silence(heard + timedelta(seconds=10)) == [("koeln", "back")]
    assert {event.what for event in NodeEvent.objects.all()} == {"silent", "back"}


def test_g20_a_node_that_never_came_is_silent_too(node: Node) -> None:
    assert note_silence(NOW + timedelta(minutes=3)) == [("koeln", "silent")]


def test_g10_the_workers_minute_sends_differences_again(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.pull()
    mirror.say(digests={})
    watch(timestamp=0)
    assert mirror.link.wait(5)
    assert len(mirror.pull()) == 1
    watch(timestamp=60)
    assert mirror.pull() == []


def test_g7_the_workers_minute_removes_tombstones_that_have_served(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    put(node, *sites(1, spec=None))
    mirror.say(*mirror.pull())
    watch(timestamp=0)
    assert not DesiredObject.objects.exists()


def test_the_worker_knows_the_watch() -> None:
    assert app.tasks["nodes.watch"].queueing_lock == "nodes.watch"
    assert [each.cron for each in app.periodic_registry.periodic_tasks.values() if each.task.name == "nodes.watch"] == [
        "* * * * *"
    ]


def test_a_parked_nodes_reports_still_bring_its_facts(node: Node, mirror: Mirror) -> None:
    mirror.link.changes(Position("a", "b", 1))
    mirror.link.report(NodeReport(facts={"php": ["8.2"]}))
    assert NodeContact.objects.get(node=node).facts == {"php": ["8.2"]}
