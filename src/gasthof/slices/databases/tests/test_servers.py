"""The agent, the real servers, and customers' own programs."""

import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from gasthof.agent.kinds import Machine
from gasthof.kernel.clock import SystemClock
from gasthof.slices.databases.node import facts
from gasthof.slices.databases.rules import SERVERS
from gasthof.slices.databases.spec import DatabaseSpec
from gasthof.slices.databases.tests.servers import PASSWORD, Servers

pytestmark = pytest.mark.daemons
EACH = pytest.mark.parametrize("server", SERVERS)
DENIED = (pymysql.MySQLError, psycopg.Error)


def refused(act: Any, *words: Any, **named: Any) -> str:
    with pytest.raises(DENIED) as error:
        act(*words, **named)
    return str(error.value)


@EACH
def test_what_the_three_rights_are(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000101")
    full, data, read = (f"{name}_{right}" for right in ("full", "data", "read"))
    servers.ask(
        server, full, name, "CREATE TABLE brot (sorte varchar(40) PRIMARY KEY)", "INSERT INTO brot VALUES ('Mürbteig')"
    )
    assert servers.ask(server, data, name, "INSERT INTO brot VALUES ('Käse')", "SELECT count(*) FROM brot") == [(2,)]
    assert servers.ask(server, read, name, "SELECT sorte FROM brot ORDER BY sorte")[-1] == ("Mürbteig",)
    for statement in (
        "CREATE TABLE t (a int)",
        "DROP TABLE brot",
        "ALTER TABLE brot ADD x int",
        "CREATE VIEW v AS SELECT 1",
    ):
        for user in (data, read):
            refused(servers.ask, server, user, name, statement)
    for statement in ("INSERT INTO brot VALUES ('x')", "DELETE FROM brot", "UPDATE brot SET sorte = 'x'"):
        refused(servers.ask, server, read, name, statement)


@EACH
def test_rights_narrow_at_once_and_widen_at_once(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000102")
    user = f"{name}_full"
    servers.ask(server, user, name, "CREATE TABLE t (a int)")
    with servers.connect(server, user, name) as before:
        servers.put_user(f"{server}/{user}", {name: "read"})
        servers.turn()
        refused(before.cursor().execute, "INSERT INTO t VALUES (1)")
    refused(servers.ask, server, user, name, "INSERT INTO t VALUES (1)")
    servers.put_user(f"{server}/{user}", {name: "data"})
    servers.turn()
    servers.ask(server, user, name, "INSERT INTO t VALUES (1)")
    refused(servers.ask, server, user, name, "DROP TABLE t")


@EACH
def test_a_new_password_counts_and_the_old_one_does_not(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000103")
    user = f"{name}_full"
    with servers.connect(server, user, name) as before:
        servers.put_user(f"{server}/{user}", {name: "full"}, "Brötchen 2 Stück")
        servers.turn()
        refused(before.cursor().execute, "SELECT 1")
    refused(servers.ask, server, user, name, "SELECT 1")
    assert servers.ask(server, user, name, "SELECT 1", password="Brötchen 2 Stück") == [(1,)]


@EACH
def test_the_suspended_are_out_and_come_back(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000104")
    user = f"{name}_full"
    servers.ask(server, user, name, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)")
    with servers.connect(server, user, name) as before:
        servers.put_user(f"{server}/{user}", {name: "full"}, locked=True)
        servers.turn()
        refused(before.cursor().execute, "SELECT 1")
    refused(servers.ask, server, user, name, "SELECT 1")
    servers.put_user(f"{server}/{user}", {name: "full"})
    servers.turn()
    assert servers.ask(server, user, name, "SELECT a FROM t") == [(7,)]


@EACH
def test_several_databases_of_one_user(servers: Servers, server: str) -> None:
    first, second = servers.furnish(server, "s000105"), servers.furnish(server, "s000105", "archiv")
    user = f"{first}_full"
    servers.put_user(f"{server}/{user}", {first: "full", second: "read"})
    servers.turn()
    servers.ask(server, f"{second}_full", second, "CREATE TABLE t (a int)")
    assert servers.ask(server, user, second, "SELECT count(*) FROM t") == [(0,)]
    refused(servers.ask, server, user, second, "DROP TABLE t")
    servers.put_user(f"{server}/{user}", {first: "full"})
    servers.turn()
    refused(servers.ask, server, user, second, "SELECT 1 FROM t")


@EACH
def test_what_a_user_made_stays_when_the_user_goes(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000106")
    user = f"{name}_full"
    made = ["CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)"]
    servers.ask(server, user, name, *(["SET ROLE NONE"] if server == "postgres" else []), *made)
    servers.node.drop("databases.user", f"{server}/{user}")
    servers.turn()
    refused(servers.ask, server, user, name, "SELECT 1")
    servers.put_user(f"{server}/{name}_neu", {name: "full"})
    servers.turn()
    assert servers.ask(server, f"{name}_neu", name, "ALTER TABLE t ADD b int", "SELECT a FROM t") == [(7,)]


@EACH
def test_a_database_goes_with_all_that_is_in_it(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000107")
    servers.ask(server, f"{name}_full", name, "CREATE TABLE t (a int)")
    with servers.connect(server, f"{name}_read", name):
        for right in ("full", "data", "read"):
            servers.node.drop("databases.user", f"{server}/{name}_{right}")
        servers.node.drop("databases.database", f"{server}/{name}")
        servers.turn()
    assert not servers.failed()
    shown = {key for key, _ in (*facts.present_databases(servers.prefix), *facts.present_users(servers.prefix))}
    assert not {key for key in shown if key.startswith(f"{server}/{name}")}
    assert not [key for key in servers.node.intent.changes if key[1].startswith(f"{server}/{name}")]
    assert servers.furnish(server, "s000107") == name
    refused(servers.ask, server, f"{name}_full", name, "SELECT 1 FROM t")


@EACH
def test_what_nobody_ordered_away_stays(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000108")
    servers.ask(server, f"{name}_full", name, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)")
    for one in [one for one in servers.node.intent.changes if name in one[1]]:
        del servers.node.intent.changes[one]
    servers.node.intent.epoch += "x"
    servers.turn()
    servers.audit()
    refused(servers.ask, server, f"{name}_full", name, "SELECT 1")
    assert f"{server}/{name}" in {key for key, _ in facts.present_databases(servers.prefix)}
    assert servers.furnish(server, "s000108") == name
    assert servers.ask(server, f"{name}_full", name, "SELECT a FROM t") == [(7,)]


def test_a_poisoned_object_delays_nobody(servers: Servers) -> None:
    """Rights in databases that are not there, on both servers, among good ones."""
    for server in SERVERS:
        servers.put_user(f"{server}/s000109_arm", {"s000109_fehlt": "full"})
        servers.node.intent.put(
            "databases.database", f"{server}/s000109_falsch", DatabaseSpec(server, "s000109_anders", "s000109")
        )
    names = []
    for server in SERVERS:
        servers.put_database(f"{server}/s000109_gut")
        servers.put_user(f"{server}/s000109_gut_full", {"s000109_gut": "full"})
        names.append(server)
    servers.turn()
    for server in names:
        assert servers.ask(server, "s000109_gut_full", "s000109_gut", "SELECT 1") == [(1,)]
        assert "told of" in servers.failed()[f"{server}/s000109_falsch"]
    assert "s000109_fehlt" in servers.failed()["postgres/s000109_arm"]
    for server in SERVERS:
        servers.node.drop("databases.user", f"{server}/s000109_arm")
        servers.node.drop("databases.database", f"{server}/s000109_falsch")
    servers.turn()


BY_HAND = {
    "mariadb": {
        "GRANT SELECT ON *.* TO `{u}`@`%`": "on everything",
        "GRANT PROCESS ON *.* TO `{u}`@`%`": "on everything",
        "GRANT FILE ON *.* TO `{u}`@`%`": "on everything",
        "GRANT ALL PRIVILEGES ON `s000111\\_shop`.* TO `{u}`@`%`": "s000111_shop",
        "GRANT SELECT ON `s0001%`.* TO `{u}`@`%`": "a pattern",
        "GRANT SELECT ON mysql.global_priv TO `{u}`@`%`": "tables_priv",
        "GRANT EVENT ON `s000110\\_shop`.* TO `{u}`@`%`": "event",
        "GRANT SELECT ON `s000110\\_shop`.* TO `{u}`@`%` WITH GRANT OPTION": "grant",
        "REVOKE INSERT ON `s000110\\_shop`.* FROM `{u}`@`%`": "instead of full",
        "CREATE USER `{u}`@`localhost` IDENTIFIED BY 'x'": "localhost",
        "ALTER USER `{u}`@`%` IDENTIFIED BY 'x'": "password",
        "ALTER USER `{u}`@`%` IDENTIFIED VIA unix_socket": "unix_socket",
        "ALTER USER `{u}`@`%` ACCOUNT LOCK": "locked",
        "ALTER USER `{u}`@`%` WITH MAX_USER_CONNECTIONS 0": "connections",
        "DROP USER `{u}`@`%`": "missing",
    },
    "postgres": {
        'ALTER ROLE "{u}" SUPERUSER': "may do everything",
        'ALTER ROLE "{u}" CREATEROLE': "makes roles",
        'ALTER ROLE "{u}" CREATEDB': "makes databases",
        'ALTER ROLE "{u}" BYPASSRLS': "passes row rules",
        'GRANT pg_read_server_files TO "{u}"': "pg_read_server_files",
        'GRANT "s000111_shop.full" TO "{u}"': "s000111_shop",
        'GRANT "s000110_shop.full" TO "{u}" WITH ADMIN OPTION': "admin option",
        'GRANT "{u}" TO "s000111_shop_full"': "open to",
        'REVOKE "s000110_shop.full" FROM "{u}"': "instead of full",
        "ALTER ROLE \"{u}\" PASSWORD 'x'": "password",
        'ALTER ROLE "{u}" NOLOGIN': "locked",
        "ALTER ROLE \"{u}\" VALID UNTIL '2001-01-01'": "expires",
        'ALTER ROLE "{u}" CONNECTION LIMIT -1': "connections",
        'ALTER ROLE "{u}" IN DATABASE s000110_shop RESET role': "owner",
        "GRANT CONNECT ON DATABASE s000110_shop TO PUBLIC": "PUBLIC",
        'GRANT CONNECT ON DATABASE s000110_shop TO "s000111_shop_full"': "s000111_shop_full",
        'REVOKE CONNECT ON DATABASE s000110_shop FROM "s000110_shop.full"': "s000110_shop.full",
        'ALTER DATABASE s000110_shop OWNER TO "{u}"': "changed",
        "ALTER DATABASE s000110_shop CONNECTION LIMIT 1": "changed",
        "ALTER DATABASE s000110_shop IS_TEMPLATE true": "template",
    },
}


@EACH
def test_what_was_changed_by_hand_is_noted_and_set_right(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000110")
    servers.furnish(server, "s000111")
    servers.ask(server, f"{name}_full", name, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (7)")
    assert servers.audit() == {}
    for statement, words in BY_HAND[server].items():
        servers.admin(server, statement.format(u=f"{name}_full"))
        drift = servers.audit()
        assert drift and words in str(drift), statement
        assert servers.ask(server, f"{name}_full", name, "SELECT a FROM t") == [(7,)], statement
    assert servers.audit() == {}


@EACH
def test_a_user_made_by_hand_among_customers_goes(servers: Servers, server: str) -> None:
    statement = {
        "mariadb": "CREATE USER `s000112_eve`@`127.0.0.1` IDENTIFIED BY 'x'",
        "postgres": "CREATE ROLE s000112_eve LOGIN SUPERUSER",
    }
    servers.admin(server, statement[server])
    servers.audit()
    assert f"{server}/s000112_eve" not in {key for key, _ in facts.present_users(servers.prefix)}


@EACH
def test_a_customer_who_changes_the_password_by_sql_is_set_back(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000113")
    statement = {
        "mariadb": "SET PASSWORD = PASSWORD('Anderes 1!')",
        "postgres": f"ALTER ROLE {name}_full PASSWORD 'Anderes 1!'",
    }
    servers.ask(server, f"{name}_full", name, *(["SET ROLE NONE"] if server == "postgres" else []), statement[server])
    assert "password" in servers.audit()[f"{server}/{name}_full"]
    assert servers.ask(server, f"{name}_full", name, "SELECT 1") == [(1,)]


@EACH
def test_sizes_are_measured(servers: Servers, server: str) -> None:
    name = servers.furnish(server, "s000114")
    specs = {f"{server}/{name}": DatabaseSpec(server, name, "s000114")}  # type: ignore[arg-type]
    machine = Machine(servers.prefix, SystemClock())
    before = facts.findings(machine, specs)[f"{server}/{name}"]["bytes"]
    grow = {
        "mariadb": "INSERT INTO t SELECT REPEAT(MD5(RAND()), 100) FROM seq_1_to_1000",
        "postgres": "INSERT INTO t SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 100000) n GROUP BY n % 1000",
    }
    servers.ask(server, f"{name}_full", name, "CREATE TABLE t (a text)", grow[server])
    assert facts.findings(machine, specs)[f"{server}/{name}"]["bytes"] > before + 1_000_000


def client(*command: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    environment = {"LANG": "C.UTF-8", "MYSQL_PWD": password, "PGPASSWORD": password, "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_mariadb_client(servers: Servers, host: str) -> None:
    name = servers.furnish("mariadb", "s000115")
    port = str(servers.prefix.ports["mariadb"])
    said = client(
        "mariadb",
        "--no-defaults",
        f"-h{host}",
        f"-P{port}",
        f"-u{name}_full",
        name,
        "-Ne",
        "SELECT 'Grüße', database()",
    )
    assert said.stdout.split() == ["Grüße", name], said.stderr
    wrong = client(
        "mariadb",
        "--no-defaults",
        f"-h{host}",
        f"-P{port}",
        f"-u{name}_full",
        name,
        "-e",
        "SELECT 1",
        password="falsch",
    )
    assert "Access denied" in wrong.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_psql_and_pg_dump(servers: Servers, host: str) -> None:
    name = servers.furnish("postgres", "s000115")
    there = ["-h", host, "-p", str(servers.prefix.ports["postgres"]), "-U", f"{name}_full", "-d", name]
    client("psql", *there, "-XAtc", 'CREATE TABLE IF NOT EXISTS "Brötchen" (a int)')
    assert "Brötchen" in client("psql", *there, "-Xc", "\\d").stdout
    assert client("psql", *there, "-XAtc", "SELECT 'Grüße'").stdout == "Grüße\n"
    dumped = client("pg_dump", "--no-subscriptions", *there)
    assert 'CREATE TABLE public."Brötchen"' in dumped.stdout, dumped.stderr
    assert "authentication failed" in client("psql", *there, "-XAtc", "SELECT 1", password="falsch").stderr


def test_a_hundred_databases_at_once(servers: Servers) -> None:
    """With a user each; the cost of one more must not grow."""
    began = time.monotonic()
    for number in range(50):
        for server in SERVERS:
            name = f"s0002{number:02d}_viele"
            servers.put_database(f"{server}/{name}")
            servers.put_user(f"{server}/{name}_full", {name: "full"})
    servers.turn()
    took = time.monotonic() - began
    assert not servers.failed() and took < 60, took
    for server in SERVERS:
        for number in (0, 49):
            assert servers.ask(server, f"s0002{number:02d}_viele_full", f"s0002{number:02d}_viele", "SELECT 1") == [
                (1,)
            ]
    print(f"100 databases with 100 users: {took:.1f} s")


def test_folders_and_sockets_are_closed(servers: Servers) -> None:
    prefix = servers.prefix
    for path in (
        "node/databases/mariadb",
        "node/databases/postgres",
        "node/databases/nowhere",
        "run/mariadb",
        "run/pgsql",
    ):
        assert (prefix.root / path).stat().st_mode & 0o777 == 0o700, path
    owners = {Path(f"/proc/{one.pid}").stat().st_uid for one in servers.processes.values()}
    assert len(owners) == 2 and 0 not in owners and (prefix.root / "run/mariadb").stat().st_uid in owners
