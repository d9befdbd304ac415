"""Contents out and in again: the same bytes, no rights beyond the database, whatever the dump holds."""

from pathlib import Path
from typing import Any

import pytest

from gasthof.agent.kinds import Machine
from gasthof.kernel.clock import SystemClock
from gasthof.slices.databases.node import dump
from gasthof.slices.databases.node.dump import CONTENT
from gasthof.slices.databases.node.transfer import TRANSFER
from gasthof.slices.databases.rules import SERVERS
from gasthof.slices.databases.server import tools
from gasthof.slices.databases.tests.servers import Servers
from gasthof.slices.subscriptions.spec import HomeSpec

pytestmark = pytest.mark.daemons
EACH = pytest.mark.parametrize("server", SERVERS)
CANARY = Path("/tmp/gasthof-dump-canary")
MAKE = {
    "mariadb": [
        "CREATE TABLE `Brötchen` (id int AUTO_INCREMENT PRIMARY KEY, sorte varchar(80) CHARACTER SET utf8mb4, bild longblob, preis decimal(8,2), seit datetime(6))",
        "CREATE VIEW teuer AS SELECT sorte FROM `Brötchen` WHERE preis > 1",
        "CREATE PROCEDURE zaehle() SELECT count(*) FROM `Brötchen`",
        "CREATE FUNCTION brutto(netto decimal(8,2)) RETURNS decimal(8,2) DETERMINISTIC RETURN netto * 1.07",
        "CREATE TRIGGER vorher BEFORE INSERT ON `Brötchen` FOR EACH ROW SET NEW.sorte = TRIM(NEW.sorte)",
    ],
    "postgres": [
        'CREATE TABLE "Brötchen" (id serial PRIMARY KEY, sorte text, bild bytea, preis numeric(8,2), seit timestamptz)',
        'CREATE VIEW teuer AS SELECT sorte FROM "Brötchen" WHERE preis > 1',
        "CREATE FUNCTION brutto(netto numeric) RETURNS numeric LANGUAGE sql AS 'SELECT netto * 1.07'",
        "CREATE EXTENSION pg_trgm",
        "CREATE SCHEMA lager CREATE TABLE regal (a int)",
        "COMMENT ON TABLE \"Brötchen\" IS 'Grüße'",
        "SET ROLE NONE", "CREATE TABLE eigen (a int)", "INSERT INTO eigen VALUES (1)", "RESET ROLE",
    ],
}  # fmt: skip
BYTES = bytes(range(256)) * 40
QUOTE = {"mariadb": "`Brötchen`", "postgres": '"Brötchen"'}


def fill(servers: Servers, server: str, name: str) -> None:
    with servers.connect(server, f"{name}_full", name) as connection, connection.cursor() as cursor:
        for statement in MAKE[server]:
            cursor.execute(statement)
        insert = (
            f"INSERT INTO {QUOTE[server]} (sorte, bild, preis, seit) VALUES (%s, %s, %s, '2026-11-22 12:34:56.123456')"
        )
        for number, text in enumerate(
            ["Grüße\n'\"\\\t%_", "🥐 Hörnchen", "", "/*!50013 DEFINER=`x`@`y` SQL SECURITY DEFINER */"]
        ):
            cursor.execute(insert, [text, BYTES, number])


def into(server: str, name: str, target: str) -> dict[str, Any]:
    return {"databases": [{"server": server, "name": name, "into": target}]}


def content(servers: Servers, server: str, name: str) -> list[Any]:
    queries = [
        f"SELECT id, sorte, bild, preis, seit FROM {QUOTE[server]} ORDER BY id", "SELECT * FROM teuer ORDER BY 1", "SELECT brutto(100)",
        *(["CALL zaehle()"] if server == "mariadb" else ["SELECT * FROM lager.regal", "SELECT 'a' % 'b'"]),
    ]  # fmt: skip
    return [servers.ask(server, f"{name}_full", name, query) for query in queries]


@EACH
def test_a_subscriptions_databases_move_byte_for_byte(servers: Servers, server: str, tmp_path: Path) -> None:
    """Into one that has other things already, twice, and under its own name when the subscription keeps it."""
    name = servers.furnish(server, "s000401")
    fill(servers, server, name)
    before = content(servers, server, name)
    assert len(before[0]) == 4
    machine, settings = Machine(servers.prefix, SystemClock()), {"databases": [{"server": server, "name": name}]}
    assert TRANSFER.save(machine, HomeSpec("s000401", 1), settings, tmp_path) == []
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]
    servers.ask(
        server, f"{name}_full", name, "DROP VIEW teuer", f"DELETE FROM {QUOTE[server]}", "CREATE TABLE danach (a int)"
    )
    for _ in range(2):
        TRANSFER.load(machine, HomeSpec("s000401", 1), into(server, name, name), tmp_path)
        assert content(servers, server, name) == before
    if server == "postgres":
        assert servers.ask(server, f"{name}_full", name, "SELECT a FROM eigen") == [(1,)]
    new = servers.furnish(server, "s000402")
    TRANSFER.load(machine, HomeSpec("s000402", 1), into(server, name, new), tmp_path)
    assert content(servers, server, new) == before
    assert servers.audit() == {}
    for user, query in (("data", f"DELETE FROM {QUOTE[server]}"), ("read", f"SELECT * FROM {QUOTE[server]}")):
        servers.ask(server, f"{new}_{user}", new, query)


@EACH
def test_a_load_makes_no_database_and_leaves_the_old_subscriptions_alone(
    servers: Servers, server: str, tmp_path: Path
) -> None:
    """The old one lives; the new one's database could not be made, or the customer has deleted it."""
    name = servers.furnish(server, "s000407")
    fill(servers, server, name)
    machine, settings = Machine(servers.prefix, SystemClock()), {"databases": [{"server": server, "name": name}]}
    TRANSFER.save(machine, HomeSpec("s000407", 1), settings, tmp_path)
    servers.ask(server, f"{name}_full", name, "CREATE TABLE danach (a int)")
    with pytest.raises(RuntimeError, match=f"{server}/s000408_shop is not there"):
        TRANSFER.load(machine, HomeSpec("s000408", 1), into(server, name, "s000408_shop"), tmp_path)
    assert servers.ask(server, f"{name}_full", name, "SELECT count(*) FROM danach") == [(0,)]
    for target in ("s000408_shop", name):
        servers.admin(server, f"DROP DATABASE {'IF EXISTS ' if target != name else ''}{target}")
        with pytest.raises(RuntimeError, match="is not there"):
            TRANSFER.load(machine, HomeSpec("s000408", 1), into(server, name, target), tmp_path)
    query = {"mariadb": "SHOW DATABASES", "postgres": "SELECT datname FROM pg_database"}[server]
    assert not [row for row in servers.admin(server, query) if row[0] in ("s000408_shop", name)]
    servers.audit()
    assert servers.audit() == {}


LOCKS = {"mariadb": "LOCK TABLES `Brötchen` WRITE", "postgres": 'BEGIN; LOCK TABLE "Brötchen"'}


@EACH
def test_a_customers_lock_does_not_hold_up_a_dump(
    servers: Servers, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what comes after it: the tool gives up, with words."""
    name = servers.furnish(server, "s000409")
    fill(servers, server, name)
    assert dump.LOCK_WAIT == 60
    monkeypatch.setattr(dump, "LOCK_WAIT", 1.0)
    if server == "mariadb":
        assert servers.admin(server, "SELECT @@global.lock_wait_timeout") == [(60,)]
        servers.admin(server, "SET GLOBAL lock_wait_timeout = 1")
    try:
        with servers.connect(server, f"{name}_full", name) as connection, connection.cursor() as cursor:
            cursor.execute(LOCKS[server])
            with pytest.raises(RuntimeError, match=r"dump: .*(timeout|lock)"):
                CONTENT[server].save(servers.prefix, name, tmp_path / "x.dump")
            monkeypatch.setattr(dump, "LOCK_WAIT", 60.0)
            monkeypatch.setattr(tools, "LONGEST", 0.5)
            with pytest.raises(RuntimeError, match=r"took longer than"):
                CONTENT[server].save(servers.prefix, name, tmp_path / "y.dump")
    finally:
        if server == "mariadb":
            servers.admin(server, "SET GLOBAL lock_wait_timeout = 60")


def test_a_load_that_takes_for_ever_is_ended(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that takes nothing of what it is given."""
    monkeypatch.setattr(tools, "LONGEST", 0.5)
    for parts in ([b"x"], [b"x" * 100_000] * 5):
        with pytest.raises(RuntimeError, match="sleep: took longer than"):
            tools.load(["/usr/bin/sleep", "60"], {}, parts)


HOSTILE = [
    "DROP TABLE s000404_shop.secrets;", "INSERT INTO mysql.global_priv VALUES ('%','eve','{}');", "GRANT ALL ON *.* TO x@y;", "CREATE DATABASE evil;",
    "SELECT 1 INTO OUTFILE '/tmp/gasthof-dump-canary';", "SET GLOBAL general_log = 1;", "CREATE DEFINER=`root`@`localhost` VIEW v AS SELECT * FROM mysql.user;",
]  # fmt: skip
SHELL = [
    "\\! touch /tmp/gasthof-dump-canary",
    "system touch /tmp/gasthof-dump-canary",
    "\\T /tmp/gasthof-dump-canary",
    "tee /tmp/gasthof-dump-canary",
    "\\. /etc/passwd",
]


@pytest.mark.parametrize("statement", [*HOSTILE, *SHELL])
def test_a_hostile_dump_gets_no_further_than_its_database(servers: Servers, statement: str, tmp_path: Path) -> None:
    name, other = servers.furnish("mariadb", "s000403"), servers.furnish("mariadb", "s000404")
    servers.ask("mariadb", f"{other}_full", other, "CREATE TABLE IF NOT EXISTS secrets (a int)")
    source = tmp_path / "x.dump"
    source.write_text(f"CREATE TABLE t (a int);\n{statement}\nCREATE TABLE u (a int);\n")
    with pytest.raises(RuntimeError):
        CONTENT["mariadb"].load(servers.prefix, name, source)
    assert not CANARY.exists() and servers.ask("mariadb", f"{other}_full", other, "SELECT count(*) FROM secrets") == [
        (0,)
    ]
    assert servers.audit() == {}


def test_a_broken_archive_changes_nothing_of_others(servers: Servers, tmp_path: Path) -> None:
    name = servers.furnish("postgres", "s000405")
    source = tmp_path / "x.dump"
    for content_ in (b"", b"PGDMP" + b"\xff" * 100, b"DROP DATABASE postgres;\n\\! touch /tmp/gasthof-dump-canary\n"):
        source.write_bytes(content_)
        with pytest.raises(RuntimeError):
            CONTENT["postgres"].load(servers.prefix, name, source)
    assert not CANARY.exists() and servers.audit() == {}
    assert servers.ask("postgres", f"{name}_full", name, "CREATE TABLE t (a int)", "SELECT 1") == [(1,)]


@EACH
def test_nothing_is_left_of_whoever_dumped(servers: Servers, server: str, tmp_path: Path) -> None:
    name = servers.furnish(server, "s000406")
    CONTENT[server].save(servers.prefix, name, tmp_path / "x.dump")
    CONTENT[server].load(servers.prefix, name, tmp_path / "x.dump")
    query = {
        "mariadb": "SELECT user, json_value(priv, '$.account_locked') FROM mysql.global_priv",
        "postgres": "SELECT rolname, rolcanlogin FROM pg_roles",
    }
    found = dict(servers.admin(server, query[server]))
    assert f"{name}.dump" not in found
    assert found[f"{name}.full"] in ("1", "true", False)
