"""kill -9: of the servers under load, of a server that makes its data, of the agent's work on them. The end is the same."""

import contextlib
import shutil
import threading
import time
from collections.abc import Iterator

import psycopg
import pymysql
import pytest

from gasthof.slices.databases.node import places
from gasthof.slices.databases.node.services import SERVICES
from gasthof.slices.databases.rules import SERVERS
from gasthof.slices.databases.tests.servers import Servers, running

pytestmark = pytest.mark.daemons
EACH = pytest.mark.parametrize("server", SERVERS)
DATA = {"mariadb": places.mariadb_data, "postgres": places.postgres_data}


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with running() as made:
        yield made


def restart(servers: Servers, server: str) -> None:
    servers.start(server)
    servers.wait(server)


BUSY = {"mariadb": "SELECT benchmark(1e15, md5('x'))", "postgres": "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"}


@EACH
def test_what_was_committed_is_there_after_a_kill(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000301")
    servers.ask(server, f"{name}_full", name, "CREATE TABLE t (a int PRIMARY KEY)")
    acknowledged: list[int] = []

    def write() -> None:
        try:
            with servers.connect(server, f"{name}_full", name) as connection, connection.cursor() as cursor:
                for number in range(100_000):
                    cursor.execute("INSERT INTO t VALUES (%s)", [number])
                    acknowledged.append(number)
        except (pymysql.MySQLError, psycopg.Error):
            return

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 50:
        time.sleep(0.01)
    servers.kill(server)
    writer.join()
    restart(servers, server)
    found = {number for (number,) in servers.ask(server, f"{name}_full", name, "SELECT a FROM t")}
    assert found >= set(acknowledged) and len(found) <= len(acknowledged) + 1
    assert servers.audit() == {}


@EACH
def test_a_busy_statement_keeps_no_server_from_coming_back(servers: Servers, server: str) -> None:
    """The main process alone is killed: PostgreSQL's others go on with what they are about."""
    name = servers.furnish(server, "s000305")
    process, started = servers.processes[server], threading.Event()

    def work() -> None:
        with (
            contextlib.suppress(pymysql.MySQLError, psycopg.Error),
            servers.connect(server, f"{name}_full", name) as connection,
            connection.cursor() as cursor,
        ):
            started.set()
            cursor.execute(BUSY[server])

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    started.wait(10)
    time.sleep(0.3)
    process.kill()
    process.wait()
    restart(servers, server)
    worker.join(10)
    assert not worker.is_alive()
    assert servers.ask(server, f"{name}_full", name, "SELECT 1") == [(1,)]


@EACH
def test_changes_wait_while_a_server_is_away(servers: Servers, server: str) -> None:
    """The other server's customers notice nothing."""
    other = next(each for each in SERVERS if each != server)
    servers.kill(server)
    name = "s000302_weg"
    for each in SERVERS:
        servers.put_database(f"{each}/{name}")
        servers.put_user(f"{each}/{name}_full", {name: "full"}) if each == other else None
    servers.turn()
    assert servers.ask(other, f"{name}_full", name, "SELECT 1") == [(1,)]
    assert "does not answer" in servers.failed()[f"{server}/{name}"]
    restart(servers, server)
    servers.put_user(f"{server}/{name}_full", {name: "full"})
    servers.turn()
    assert servers.ask(server, f"{name}_full", name, "SELECT 1") == [(1,)]
    for each in SERVERS:
        servers.node.drop("databases.user", f"{each}/{name}_full")
        servers.node.drop("databases.database", f"{each}/{name}")
    servers.turn()


@EACH
def test_data_that_was_half_made_is_made_anew(servers: Servers, server: str) -> None:
    """Killed at several moments of making it; then it is whole, and nobody's from before."""
    servers.kill(server)
    data = DATA[server](servers.prefix)
    kept = data.with_name("kept")
    data.rename(kept)
    try:
        for pause in (0.1, 0.4):
            servers.start(server)
            time.sleep(pause)
            servers.kill(server)
            if data.exists():
                shutil.rmtree(data)
        restart(servers, server)
        assert not data.with_name("data.new").exists()
        assert servers.furnish(server, "s000303") == "s000303_shop"
        assert servers.ask(server, "s000303_shop_full", "s000303_shop", "SELECT 1") == [(1,)]
    finally:
        servers.kill(server)
        shutil.rmtree(data, ignore_errors=True)
        kept.rename(data)
        restart(servers, server)
        servers.audit()


@EACH
def test_the_agents_work_broken_off_anywhere(servers: Servers, server: str) -> None:
    """The server dies after each of its statements in turn, for a database, its user, and their removal; asked again, it is done."""
    name, tried = "s000304_bruch", 0
    spec = f'{{"server":"{server}","name":"{name}_u","subscription":"s000304","verifier":"{servers.verifier(server, name, "x")}",'
    spec += f'"access":[{{"database":"{name}","rights":"full"}}],"locked":false,"connections":20}}'
    steps = [("create_database", name), ("set_user", spec), ("drop_user", f"{name}_u"), ("drop_database", name)]
    for verb, argument in steps:
        for pause in (0.01,):
            asking = threading.Thread(target=attempt, args=(servers, server, verb, argument))
            asking.start()
            time.sleep(pause)
            servers.kill(server)
            asking.join()
            restart(servers, server)
            tried += 1
        assert SERVICES[server](servers.prefix).ask(verb, [argument])[argument].error == "", verb
    assert tried == 4 and servers.audit() == {}
    assert not [one for one in servers.admin(server, LEFT[server]) if name in str(one)]


LEFT = {
    "mariadb": "SELECT user FROM mysql.global_priv UNION SELECT db FROM mysql.db UNION SELECT schema_name FROM information_schema.schemata",
    "postgres": "SELECT rolname FROM pg_roles UNION SELECT datname FROM pg_database",
}


def attempt(servers: Servers, server: str, verb: str, argument: str) -> None:
    try:
        SERVICES[server](servers.prefix).ask(verb, [argument])
    except RuntimeError:
        return
