"""What a node measured of its objects: what is taken, what is kept, what is refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import psycopg
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from gasthof.agent.execute import Executor
from gasthof.agent.kinds import Knowledge, Machine
from gasthof.agent.tests.node import Node as House
from gasthof.agent.tests.toy import TOY, Daemon, Note
from gasthof.agent.wire import Change, Finding, NodeReport
from gasthof.kernel.clock import SystemClock
from gasthof.slices.nodes.desired import Desired
from gasthof.slices.nodes.models import DesiredObject, Node, ObjectReport
from gasthof.slices.nodes.queries import findings
from gasthof.slices.nodes.tests.conftest import Connect
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_changes import sites
from gasthof.slices.nodes.tests.test_forged import GOOD, send
from gasthof.slices.nodes.tests.test_put import put
from gasthof.slices.nodes.watch import remove_served

UMLAUT = "xn--gre-aus-kln-w6a02arc.test"


def tell(mirror: Mirror, *changes: Change, **values: list[str] | int) -> None:
    found = tuple(Finding(one.kind, one.key, one.revision, dict(values)) for one in changes)
    mirror.link.report(NodeReport(findings=found, position=mirror.position))


def test_g21_it_is_kept_beside_the_report(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1, 2))
    one, two = mirror.pull()
    mirror.say(one, two)
    tell(mirror, one, bytes=10**16 - 1, ds=["12345 13 2 ABCD", "grüße"])
    assert findings(node, "web.site", [one.key, two.key, "none.test"]) == {
        one.key: {"bytes": 10**16 - 1, "ds": ["12345 13 2 ABCD", "grüße"]}
    }
    assert findings(node, "web.pool", [one.key]) == {}
    tell(mirror, one, bytes=7)
    assert findings(node, "web.site", [one.key]) == {one.key: {"bytes": 7}}
    tell(mirror, one)
    assert findings(node, "web.site", [one.key]) == {}


def test_g21_report_and_finding_may_come_together(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    assert mirror.say(one, findings=(Finding(one.kind, one.key, one.revision, {"bytes": 1}),)).accepted == 1
    assert findings(node, "web.site", [one.key]) == {one.key: {"bytes": 1}}
    mirror.say(one, state="failed", words="no")
    assert findings(node, "web.site", [one.key]) == {one.key: {"bytes": 1}}, "a later report leaves it"


def test_g21_only_own_current_and_reported_objects_count(
    node: Node, neighbour: Node, connect: Connect, mirror: Mirror
) -> None:
    put(neighbour, *sites(7))
    other = Mirror(connect(neighbour))
    theirs = other.pull()
    other.say(*theirs)
    put(node, *sites(1, 2, 3))
    old, silent, gone = mirror.pull()
    mirror.say(old, gone)
    put(node, *sites(1, spec='"new"'))
    put(node, *sites(3, spec=None))
    new, tombstone = mirror.pull()
    tell(mirror, *theirs, old, silent, gone, bytes=1)
    mirror.say(tombstone)
    tell(mirror, tombstone, bytes=2)
    assert not ObjectReport.objects.exclude(findings={}).exists()
    mirror.say(new)
    tell(mirror, new, bytes=3)
    assert list(ObjectReport.objects.exclude(findings={}).values_list("target__key", "findings")) == [
        (new.key, {"bytes": 3})
    ]


def test_g21_what_a_node_cannot_have_seen_yet_does_not_count(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    mirror.say(one)
    position = mirror.position
    put(node, *sites(1, spec='"new"'))
    (new,) = mirror.pull()
    mirror.say(new)
    found = Finding(new.kind, new.key, new.revision, {"bytes": 1})
    mirror.link.report(NodeReport(findings=(found,), position=position))
    assert not ObjectReport.objects.exclude(findings={}).exists()


def test_g21_it_ends_with_the_object(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    mirror.say(one)
    tell(mirror, one, bytes=5)
    put(node, *sites(1, spec=None))
    assert findings(node, "web.site", [one.key]) == {}
    mirror.say(*mirror.pull())
    put(node, *sites(1, spec='"back"'))
    assert findings(node, "web.site", [one.key]) == {}, "a new life begins without"
    assert remove_served() == 0


def test_g21_what_is_as_it_was_is_not_written(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    mirror.say(one)
    tell(mirror, one, bytes=5, ds=["a", "b"])

    def version() -> tuple[Any, ...]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin, ctid FROM nodes_objectreport")
            return tuple(cursor.fetchall())

    before = version()
    tell(mirror, one, ds=["a", "b"], bytes=5)
    assert version() == before
    tell(mirror, one, ds=["b", "a"], bytes=5)
    assert version() != before


def test_g21_texts_lose_what_drives_a_terminal(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    mirror.say(one)
    tell(mirror, one, ds=["größe \x1b[2J \u202egnp.exe", ""], none=[])
    assert findings(node, "web.site", [one.key])[one.key] == {"ds": ["größe \ufffd[2J \ufffdgnp.exe", ""], "none": []}


FOUND = {"kind": "web.site", "key": "00001.test", "revision": 1, "values": {"bytes": 1}}


def valued(**values: object) -> dict[str, object]:
    return {**GOOD, "findings": [{**FOUND, "values": values}]}


MALFORMED = {
    "no list": {**GOOD, "findings": {}},
    "null": {**GOOD, "findings": None},
    "1,001 of them": {**GOOD, "findings": [FOUND] * 1001},
    "no object": {**GOOD, "findings": ["x"]},
    "a field too many": {**GOOD, "findings": [{**FOUND, "state": "live"}]},
    "a field missing": {**GOOD, "findings": [{"kind": "web.site", "key": "a", "revision": 1}]},
    "key too long": {**GOOD, "findings": [{**FOUND, "key": "x" * 301}]},
    "revision as text": {**GOOD, "findings": [{**FOUND, "revision": "1"}]},
    "values no object": {**GOOD, "findings": [{**FOUND, "values": [1]}]},
    "values null": {**GOOD, "findings": [{**FOUND, "values": None}]},
    "a strange name": {**GOOD, "findings": [{**FOUND, "values": {"<b>": 1}}]},
    "a name of two lines": {**GOOD, "findings": [{**FOUND, "values": {"bytes\n": 1}}]},
    "a text": valued(bytes="1"),
    "negative": valued(bytes=-1),
    "a fraction": valued(bytes=1.5),
    "huge": valued(bytes=10**16),
    "null in it": valued(bytes=None),
    "a truth": valued(bytes=True),
    "deep": valued(ds=[["x"]]),
    "an object in it": valued(ds={"x": 1}),
    "a number in a list": valued(ds=[1]),
    "65 texts": valued(ds=["x"] * 65),
    "65 names": valued(**{f"n{number}": [] for number in range(65)}),
    "64 texts and a number": valued(ds=["x"] * 64, bytes=1),
    "a text too long": valued(ds=["x" * 4001]),
    "too much together": valued(ds=["x" * 4000] * 17),
    "one good, one bad": {**GOOD, "findings": [FOUND, {**FOUND, "values": {"bytes": -1}}]},
}


def test_g21_a_malformed_finding_changes_nothing(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    mirror.say(one)
    entry = {"kind": one.kind, "key": one.key, "revision": one.revision, "state": "failed", "words": "forged"}
    for name, malformed in MALFORMED.items():
        report = {**malformed, "reports": [entry], "position": msgspec.to_builtins(mirror.position)}
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="malformed"):
            send(mirror.link, report)
            pytest.fail(name)
        assert list(ObjectReport.objects.values_list("state", "findings")) == [("live", {})], name


def test_g21_what_is_just_within_bounds_is_taken(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    mirror.say(one)
    tell(mirror, one, **{f"n{number}": ["x" * 900] for number in range(63)}, bytes=0)
    assert len(findings(node, "web.site", [one.key])[one.key]) == 64


def test_an_older_agents_report_has_none(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    entry = {"kind": one.kind, "key": one.key, "revision": one.revision, "state": "live", "words": ""}
    report = {name: value for name, value in GOOD.items() if name != "findings"}
    send(mirror.link, {**report, "reports": [entry], "position": msgspec.to_builtins(mirror.position)})
    assert ObjectReport.objects.get().state == "live"


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_undone_and_done_again(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    try:
        MigrationExecutor(connection).migrate([("nodes", "0003_address")])
        report = {name: value for name, value in GOOD.items() if name not in ("findings", "fixtures")}
        send(mirror.link, {**report, "position": msgspec.to_builtins(mirror.position)})
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="malformed"):
            send(mirror.link, {**GOOD, "position": msgspec.to_builtins(mirror.position)})
    finally:
        MigrationExecutor(connection).migrate([("nodes", "0006_staff")])
    mirror.say(one)
    tell(mirror, one, bytes=1)
    assert findings(node, "web.site", [one.key]) == {one.key: {"bytes": 1}}
    assert DesiredObject.objects.count() == 1


def test_g22_a_node_measures_what_came_to_life_and_tells_it_until_it_is_taken(node: Node, connect: Connect) -> None:
    def measure(_machine: Machine, specs: Mapping[str, Note]) -> dict[str, dict[str, list[str] | int]]:
        if any(spec.owner == "trouble" for spec in specs.values()):
            raise OSError
        return {key: {"bytes": len(spec.text)} for key, spec in specs.items()}

    taught = Knowledge({TOY.name: replace(TOY, findings=measure)})
    with House.made() as house:
        (house.prefix.state / "notes").mkdir()
        executor = Executor(Machine(house.prefix, SystemClock()), taught, {"toy": Daemon(house.prefix)})
        agent = house.agent(taught, executor)
        agent.connect = lambda: connect(node)
        put(node, Desired("toy.note", UMLAUT, 1, '{"text":"eins"}'))
        put(node, Desired("toy.note", "poison", 1, '{"text":"x","owner":"trouble"}'))
        agent.turn()
        assert findings(node, "toy.note", [UMLAUT, "poison"]) == {UMLAUT: {"bytes": 4}}
        assert set(ObjectReport.objects.values_list("state", flat=True)) == {"live"}
        put(node, Desired("toy.note", UMLAUT, 1, '{"text":"eines mehr"}'))
        agent.woken = True
        agent.fetch()
        agent.work()
        agent.measure_all()
        agent.drop_link()
        agent.deliver()
        assert findings(node, "toy.note", [UMLAUT]) == {UMLAUT: {"bytes": 4}}
        agent.reach()
        agent.deliver()
        assert findings(node, "toy.note", [UMLAUT]) == {UMLAUT: {"bytes": 10}}
        agent.drop_link()
