"""Drift in what a node has without intent: what becomes an event, and what is refused."""

import msgspec
import psycopg
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from gasthof.agent.tests.fixture import place, taught
from gasthof.agent.tests.node import Node as House
from gasthof.agent.wire import FixtureDrift, NodeReport
from gasthof.slices.nodes.models import Node, NodeEvent
from gasthof.slices.nodes.queries import events
from gasthof.slices.nodes.tests.conftest import Connect
from gasthof.slices.nodes.tests.mirror import Mirror
from gasthof.slices.nodes.tests.test_changes import sites
from gasthof.slices.nodes.tests.test_forged import GOOD, send
from gasthof.slices.nodes.tests.test_put import put

WORDS = "/srv/gasthof/node/web/nginx.conf: content differs"
ONE = {"fixture": "web.nginx", "words": WORDS}
MALFORMED = {
    "no list": {},
    "null": None,
    "a text": "web.nginx",
    "101 of them": [ONE] * 101,
    "no object": ["web.nginx"],
    "a field too many": [{**ONE, "kind": "web.site"}],
    "a field missing": [{"fixture": "web.nginx"}],
    "no name": [{**ONE, "fixture": ""}],
    "a strange name": [{**ONE, "fixture": "web.nginx <b>"}],
    "a name of two lines": [{**ONE, "fixture": "web.nginx\n"}],
    "a name too long": [{**ONE, "fixture": "x" * 41}],
    "a name no text": [{**ONE, "fixture": 1}],
    "words too long": [{**ONE, "words": "x" * 4001}],
    "words no text": [{**ONE, "words": ["x"]}],
    "one good, one bad": [ONE, {**ONE, "words": None}],
}


def tell(mirror: Mirror, *drifts: FixtureDrift) -> None:
    mirror.link.report(NodeReport(fixtures=drifts, position=mirror.position))


def test_g23_drift_in_a_fixture_is_an_event(node: Node, mirror: Mirror) -> None:
    mirror.pull()
    tell(mirror, FixtureDrift("web.nginx", WORDS), FixtureDrift("mail.base", "größe \x1b[2J \u202egnp.exe"))
    assert {(one.what, one.subject, one.words) for one in events(node)} == {
        ("drift", "fixture web.nginx", WORDS),
        ("drift", "fixture mail.base", "größe \ufffd[2J \ufffdgnp.exe"),
    }


def test_g23_a_malformed_fixture_changes_nothing(node: Node, mirror: Mirror) -> None:
    mirror.pull()
    position = msgspec.to_builtins(mirror.position)
    for name, malformed in MALFORMED.items():
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="malformed"):
            send(mirror.link, {**GOOD, "position": position, "fixtures": malformed})
            pytest.fail(name)
        assert not NodeEvent.objects.exists(), name


def test_g23_nothing_is_taken_of_a_node_of_another_history(node: Node, connect: Connect, mirror: Mirror) -> None:
    put(node, *sites(1))
    mirror.pull()
    stranger = Mirror(connect(node))
    tell(stranger, FixtureDrift("web.nginx", WORDS))
    assert not NodeEvent.objects.filter(what="drift").exists()


def test_g12_g23_both_sorts_of_drift_share_one_limit(node: Node, mirror: Mirror) -> None:
    put(node, *sites(1))
    (one,) = mirror.pull()
    for _ in range(9):
        tell(mirror, *[FixtureDrift("web.nginx", WORDS)] * 100)
    for _ in range(60):
        mirror.say(one, state="drift", words="edited")
    for _ in range(2):
        tell(mirror, *[FixtureDrift("web.nginx", WORDS)] * 100)
    mirror.say(one, state="drift", words="edited")
    assert NodeEvent.objects.filter(what="drift", subject="fixture web.nginx").count() == 940
    assert NodeEvent.objects.filter(what="drift").count() == 1000


def test_an_older_agents_report_has_none(node: Node, mirror: Mirror) -> None:
    mirror.pull()
    report = {name: value for name, value in GOOD.items() if name != "fixtures"}
    send(mirror.link, {**report, "position": msgspec.to_builtins(mirror.position)})


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_undone_and_done_again(node: Node, mirror: Mirror) -> None:
    mirror.pull()
    position = msgspec.to_builtins(mirror.position)
    try:
        MigrationExecutor(connection).migrate([("nodes", "0004_findings")])
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="malformed"):
            send(mirror.link, {**GOOD, "position": position})
        send(mirror.link, {name: value for name, value in GOOD.items() if name != "fixtures"} | {"position": position})
    finally:
        MigrationExecutor(connection).migrate([("nodes", "0006_staff")])
    tell(mirror, FixtureDrift("web.nginx", WORDS))
    assert NodeEvent.objects.get().subject == "fixture web.nginx"


def test_g24_a_node_tells_it_until_it_is_taken(node: Node, connect: Connect) -> None:
    with House.made() as house:
        agent = house.agent(taught("eins"))
        agent.connect = lambda: connect(node)
        agent.fix()
        place(house.prefix).write_text("by hand")
        agent.fix()
        assert place(house.prefix).read_text() == "eins" and not NodeEvent.objects.exists()
        agent.reach()
        agent.fetch()
        agent.deliver()
        agent.deliver()
        (event,) = NodeEvent.objects.all()
        assert (event.what, event.subject) == ("drift", "fixture toy.daemon")
        assert event.words == f"{place(house.prefix)}: content differs"
        agent.drop_link()
