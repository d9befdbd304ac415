"""Connections cut, PostgreSQL killed, PostgreSQL restored from an older copy. On a durable cluster of their own."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gasthof.agent.link import Link, LinkLost, role_of
from gasthof.agent.wire import Position
from gasthof.bootstrap.postgres import BIN, DATABASE
from gasthof.bootstrap.supervisor import wait_until
from gasthof.slices.nodes.tests.conftest import connect_when_allowed
from gasthof.slices.nodes.tests.installation import Installation
from gasthof.slices.nodes.tests.mirror import Mirror

pytestmark = pytest.mark.daemons

SITE = "web.site"
UMLAUT = "xn--bckerei-mller-hfb8x.test"


def link_to(house: Installation, node: str = "koeln") -> Link:
    return connect_when_allowed(role_of(node), house.cluster.socket, DATABASE)


def cut(house: Installation, link: Link) -> None:
    """As a firewall or an administrator would."""
    pid = link._connection.info.backend_pid
    assert house.cluster.psql(f"SELECT pg_terminate_backend({pid}, 5000)") == "t"


def desired(house: Installation) -> dict[tuple[str, str], str]:
    with house.connect("gasthof_owner") as on:
        rows = on.execute(
            "SELECT kind, key, spec FROM nodes_desiredobject d JOIN nodes_node n ON n.id = node_id"
            " WHERE name = 'koeln' AND spec IS NOT NULL"
        ).fetchall()
    return {(kind, key): spec for kind, key, spec in rows}


@pytest.fixture
def fresh(house: Installation) -> Installation:
    """As after registration: no objects, nothing acknowledged."""
    with house.connect("gasthof_owner") as on:
        on.execute("TRUNCATE nodes_objectreport, nodes_desiredobject, nodes_nodeevent")
        on.execute("UPDATE nodes_node SET revision = 0, epoch = gen_random_uuid()::text")
        on.execute("DELETE FROM nodes_nodecontact")
        on.execute(
            "INSERT INTO nodes_nodecontact (node_id, facts, differing, offered_revision, acked_revision, release_told)"
            " SELECT id, '{}', '[]', 0, 0, false FROM nodes_node"
        )
    return house


@pytest.mark.parametrize("revision", range(3))
def test_g4_cut_off_between_fetch_and_journal(fresh: Installation, revision: int) -> None:
    """At the first, second and third batch of a listing."""
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {f"{number}.test": "{}" for number in range(1300)} | {UMLAUT: '"ü"'})
    node = Mirror(link_to(fresh))
    for _batch in range(revision):
        node.take(node.link.changes(node.position))
    node.link.changes(node.position)  # fetched, and never written down
    cut(fresh, node.link)
    with pytest.raises(LinkLost):
        node.link.changes(node.position)
    node.link = link_to(fresh)
    node.pull()
    assert node.specs() == desired(fresh)


def test_g4_a_server_that_never_answers_is_left(fresh: Installation) -> None:
    """As a backend does whose postmaster was killed while another one held what it waits for: it cannot even end."""
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {UMLAUT: '"ü"'})
    link = link_to(fresh)
    link._connection.patience = 0.3  # type: ignore[attr-defined]
    backend = link._connection.info.backend_pid
    os.kill(backend, signal.SIGSTOP)
    try:
        with pytest.raises(LinkLost):
            link.changes(Position())
        link.close()
        node = Mirror(link_to(fresh))
        node.pull()
        assert node.specs() == desired(fresh) == {(SITE, UMLAUT): '"ü"'}
    finally:
        os.kill(backend, signal.SIGCONT)


def test_g4_cut_off_between_journal_and_report(fresh: Installation) -> None:
    node = Mirror(link_to(fresh))
    with fresh.connect("gasthof_owner") as on:
        fresh.put(on, "koeln", SITE, {UMLAUT: "{}"})
        changes = node.pull()
        cut(fresh, node.link)
        with pytest.raises(LinkLost):
            node.say(*changes)
        node.link = link_to(fresh)
        assert node.say(*changes).accepted == 1
        assert on.execute("SELECT state FROM nodes_objectreport").fetchall() == [("live",)]


def test_g4_cut_off_while_it_waits(fresh: Installation) -> None:
    link = link_to(fresh)
    failed: list[BaseException] = []

    def wait() -> None:
        try:
            link.wait(20)
        except LinkLost as error:
            failed.append(error)

    thread = threading.Thread(target=wait)
    began = time.monotonic()
    thread.start()
    time.sleep(0.2)
    cut(fresh, link)
    thread.join(10)
    assert failed
    assert time.monotonic() - began < 5


def started_over(house: Installation, change: Callable[[], None]) -> None:
    house.stop()
    change()
    house.start()


def test_g8_g9_postgres_restored_from_an_older_copy(fresh: Installation) -> None:
    """A copy of the data folder, as a snapshot of the volume would be."""
    data, copy = fresh.cluster.data, fresh.root / "copy"
    node = Mirror(link_to(fresh))
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {"old.test": "{}", UMLAUT: '"yesterday"'})
    node.say(*node.pull())
    node.pull()
    started_over(fresh, lambda: copied(data, copy))
    node.link = link_to(fresh)
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {"new.test": "{}", UMLAUT: '"today"'})
    lost = node.pull()
    assert len(node.specs()) == 3
    started_over(fresh, lambda: replaced(data, copy))
    with fresh.connect() as on:  # the new history goes over the revisions of the lost one
        fresh.put(on, "koeln", SITE, {f"other{number}.test": "{}" for number in range(5)})
    node.link = link_to(fresh)
    assert node.say(*lost).accepted == 0

    before = dict(node.objects)
    batch = node.link.changes(node.position)
    assert (batch.parked, batch.changes) == ("unknown-position", ())
    node.take(batch)
    assert node.objects == before
    with fresh.connect("gasthof_owner") as on:
        assert on.execute("SELECT count(*) FROM nodes_nodeevent WHERE what = 'parked'").fetchone() == (1,)

    fresh.run("nodes.adopt", node="koeln")
    assert node.link.wait(5)
    again = node.pull()
    assert min(change.revision for change in again) > 1_000_000_000
    assert node.specs() == desired(fresh)
    assert (SITE, "new.test") not in node.specs()
    assert node.specs()[SITE, UMLAUT] == '"yesterday"'
    assert node.say(*again).accepted == 7
    assert node.pull() == []


def copied(data: Path, copy: Path) -> None:
    subprocess.run(["/bin/cp", "-a", str(data), str(copy)], check=True)


def replaced(data: Path, copy: Path) -> None:
    shutil.rmtree(data)
    copy.rename(data)


def _dump(house: Installation, *arguments: str, **more: Any) -> bytes:
    command = [str(BIN / arguments[0]), "-h", str(house.cluster.socket), "-U", "postgres", *arguments[1:]]
    done = subprocess.run(
        command, check=True, user="postgres", group="postgres", extra_groups=[], cwd="/", capture_output=True, **more
    )
    return done.stdout


def test_g8_postgres_restored_from_a_dump(fresh: Installation) -> None:
    """pg_dump and pg_restore keep functions and rights: the node connects as before, and is parked."""
    node = Mirror(link_to(fresh))
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {"old.test": "{}"})
    node.pull()
    dump = _dump(fresh, "pg_dump", "-Fc", DATABASE)
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {"old.test": None})
    node.say(*node.pull())
    node.link.close()
    fresh.cluster.psql(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    _dump(fresh, "pg_restore", "--create", "--exit-on-error", "-d", "postgres", input=dump)
    node.link = link_to(fresh)
    assert node.link.changes(node.position).parked == "unknown-position"
    fresh.run("nodes.adopt", node="koeln")
    assert [change.key for change in node.pull()] == ["old.test"]


def test_g9_a_listing_after_adoption_that_is_cut_off_starts_again(fresh: Installation) -> None:
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {f"{number}.test": "{}" for number in range(700)})
    node = Mirror(link_to(fresh))
    node.link.changes(Position("another", "history", 9))
    node.position = Position("another", "history", 9)
    fresh.run("nodes.adopt", node="koeln")
    assert node.link.changes(node.position).full
    cut(fresh, node.link)
    node.link = link_to(fresh)
    assert len(node.pull()) == 700
    assert node.link.changes(Position("another", "history", 9)).parked  # it is over with the first batch taken


def test_g9_adopting_a_node_that_is_well_gives_it_everything_anew(fresh: Installation) -> None:
    node = Mirror(link_to(fresh))
    with fresh.connect() as on:
        fresh.put(on, "koeln", SITE, {"a.test": "{}", "b.test": "{}"})
    node.say(*node.pull())
    fresh.run("nodes.adopt", node="koeln")
    fresh.run("nodes.adopt", node="koeln")
    assert len(node.pull()) == 2
    assert node.pull() == []


def test_g18_postgres_killed_amid_commits_and_fetches(fresh: Installation) -> None:
    """Five times. What a writer was told is committed is there; the node is never parked and ends with all of it."""
    node = Mirror(link_to(fresh))
    confirmed: dict[str, str] = {}
    for turn in range(5):
        _killed_amid_commits(fresh, node, turn, confirmed)
        _start_again(fresh)
        node.link = link_to(fresh)
    changes = node.pull()
    assert node.say(*changes).accepted == len(changes)
    specs = node.specs()
    assert specs == desired(fresh)
    assert {key: specs[SITE, key] for key in confirmed} == confirmed


def _killed_amid_commits(house: Installation, node: Mirror, turn: int, confirmed: dict[str, str]) -> None:
    enough = len(confirmed) + 15
    stop = threading.Event()
    writers = [threading.Thread(target=_write, args=(house, f"{turn}-{n}", confirmed, stop)) for n in range(3)]
    reader = threading.Thread(target=_follow, args=(node,))
    for thread in (*writers, reader):
        thread.start()
    busy = wait_until(lambda: len(confirmed) >= enough, 60)
    time.sleep(0.05 * turn)
    house.stop(signal.SIGKILL)
    stop.set()
    for thread in (*writers, reader):
        thread.join(10)
    house.clear()
    for thread in (*writers, reader):
        thread.join(60)
    assert not reader.is_alive(), "it would go on with the next link"
    assert busy, f"{len(confirmed)} commits were confirmed in a minute, and {enough} were to be"


def _start_again(house: Installation) -> None:
    """The killed server's processes need a moment to notice, and hold its memory until then."""
    for _attempt in range(50):
        house.start_quietly()
        if house.process and house.process.poll() is None:
            return
        time.sleep(0.1)
    raise AssertionError((house.root / "postgres.log").read_text()[-2000:])


def _write(house: Installation, prefix: str, confirmed: dict[str, str], stop: threading.Event) -> None:
    try:
        with house.connect() as on:
            for number in range(100_000):
                key = f"{prefix}-{number}.test"
                house.put(on, "koeln", SITE, {key: f'"{key}"'})
                confirmed[key] = f'"{key}"'
                if stop.is_set():
                    return
    except psycopg.OperationalError:
        return


def _follow(node: Mirror) -> None:
    try:
        while True:
            node.say(*node.pull())
    except LinkLost:
        return
