"""What a customer with full rights in one database tries against the server, the machine and the neighbours."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pymysql
import pytest

from gasthof.kernel.actions import perform
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.databases.models import Database, DatabaseUser
from gasthof.slices.databases.node import config
from gasthof.slices.databases.node.plan import files
from gasthof.slices.databases.node.services import SERVICES
from gasthof.slices.databases.rules import SERVERS
from gasthof.slices.databases.tests.servers import PASSWORD, Servers, running
from tests.customers import arrive
from tests.house import House, settle
from tests.platform import Platform

EACH = pytest.mark.parametrize("server", SERVERS)
DENIED = (pymysql.MySQLError, psycopg.Error)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Ours is s000012_shop, with the user s000012_shop_full; the neighbour's is s000013_shop, with a table of secrets."""
    with running() as made:
        for server in SERVERS:
            made.furnish(server, "s000012")
            neighbour = made.furnish(server, "s000013")
            made.ask(
                server,
                f"{neighbour}_full",
                neighbour,
                "CREATE TABLE secrets (a int)",
                "INSERT INTO secrets VALUES (42)",
            )
        yield made


def attempt(servers: Servers, server: str, *statements: str) -> str:
    """What the server says to the last one that it refuses; "" when it refuses none."""
    try:
        servers.ask(server, "s000012_shop_full", "s000012_shop", *statements)
    except DENIED as error:
        return str(error)
    return ""


MARIADB = [
    "SELECT LOAD_FILE('/etc/passwd') INTO @x; ", "SELECT 1 INTO OUTFILE '/tmp/gasthof-db-canary'",
    "SELECT 1 INTO DUMPFILE '/tmp/gasthof-db-canary'", "LOAD DATA INFILE '/etc/passwd' INTO TABLE loot",
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE loot", "CREATE TABLE x (a int) ENGINE=FEDERATED CONNECTION='mysql://127.0.0.1/x'",
    "CREATE TABLE x (a int) ENGINE=CONNECT TABLE_TYPE=CSV FILE_NAME='/etc/passwd'",
    "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')",
    "INSTALL SONAME 'ha_federatedx'", "INSTALL PLUGIN x SONAME 'x.so'", "CREATE FUNCTION sys_exec RETURNS int SONAME 'udf.so'",
    "SET GLOBAL general_log = 1", "SET GLOBAL local_infile = 1", "SET GLOBAL event_scheduler = ON", "SET GLOBAL init_connect = ''",
    "SET SESSION sql_log_bin = 0", "CREATE USER eve", "CREATE ROLE r", "DROP USER s000013_shop_full", "CREATE DATABASE evil",
    "CREATE DATABASE s000013_evil", "CREATE DATABASE s000012Xshop", "DROP DATABASE s000013_shop", "GRANT ALL ON *.* TO s000012_shop_full",
    "GRANT SELECT ON s000012_shop.* TO s000013_shop_full", "SELECT * FROM mysql.global_priv", "SELECT * FROM mysql.user",
    "SELECT * FROM s000013_shop.secrets", "USE s000013_shop", "USE mysql", "USE sys", "CREATE VIEW v AS SELECT * FROM s000013_shop.secrets",
    "CREATE DEFINER=`root`@`localhost` PROCEDURE p() SQL SECURITY DEFINER SELECT * FROM mysql.global_priv",
    "CREATE DEFINER=`s000013_shop_full`@`%` VIEW v AS SELECT 1", "CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO SELECT 1",
    "SET ROLE root", "SET PASSWORD FOR root@localhost = PASSWORD('x')", "ALTER USER s000013_shop_full IDENTIFIED BY 'x'",
    "SHOW GRANTS FOR s000013_shop_full", "SHOW CREATE USER root@localhost", "FLUSH TABLES WITH READ LOCK", "FLUSH HOSTS", "RESET MASTER",
    "SHUTDOWN", "SHOW ENGINE INNODB STATUS", "CHANGE MASTER TO MASTER_HOST='127.0.0.1'", "SHOW BINARY LOGS", "RENAME USER s000012_shop_full TO root",
    "ALTER DATABASE s000013_shop CHARACTER SET latin1", "KILL 1", "BINLOG 'x'",
]  # fmt: skip
POSTGRES = [
    "COPY (SELECT 1) TO PROGRAM 'touch /tmp/gasthof-db-canary'", "COPY loot FROM PROGRAM 'id'", "COPY loot FROM '/etc/passwd'",
    "COPY (SELECT 1) TO '/tmp/gasthof-db-canary'", "SELECT pg_read_file('/etc/passwd')", "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')", "SELECT pg_stat_file('PG_VERSION')", "SELECT lo_import('/etc/passwd')", "SELECT lo_export(1, '/tmp/gasthof-db-canary')",
    "SELECT pg_reload_conf()", "SELECT pg_rotate_logfile()", "SELECT * FROM pg_hba_file_rules", "SELECT * FROM pg_authid", "SELECT * FROM pg_shadow",
    "SET ROLE postgres", "SET SESSION AUTHORIZATION postgres", "RESET SESSION AUTHORIZATION; SET ROLE postgres", 'SET ROLE "s000013_shop.full"',
    "SET ROLE s000013_shop_full", "CREATE ROLE eve", "CREATE DATABASE evil", "DROP DATABASE s000013_shop", "DROP DATABASE s000012_shop",
    "ALTER ROLE s000012_shop_full SUPERUSER", "ALTER ROLE s000012_shop_full CREATEROLE", "ALTER ROLE postgres PASSWORD 'x'",
    "ALTER ROLE s000013_shop_full PASSWORD 'x'", 'GRANT "s000012_shop.full" TO s000013_shop_full', "GRANT pg_execute_server_program TO s000012_shop_full",
    "GRANT CONNECT ON DATABASE s000012_shop TO PUBLIC; SELECT 1/(has_database_privilege('s000013_shop_full', 's000012_shop', 'CONNECT'))::int",
    "ALTER DATABASE s000012_shop OWNER TO s000012_shop_full", "ALTER DATABASE s000012_shop SET session_preload_libraries = 'x'",
    "ALTER SYSTEM SET log_statement = 'all'", "SET session_preload_libraries = 'x'", "SET log_statement = 'none'", "SET allow_system_table_mods = on",
    "LOAD 'dblink'", "LOAD '/tmp/x.so'", "CREATE EXTENSION dblink", "CREATE EXTENSION postgres_fdw", "CREATE EXTENSION file_fdw",
    "CREATE EXTENSION adminpack", "CREATE LANGUAGE plperlu", "CREATE LANGUAGE plpython3u",
    "CREATE FUNCTION f(cstring) RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system'",
    "CREATE FUNCTION f() RETURNS void LANGUAGE internal AS 'pg_read_file'", "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
    "CREATE PUBLICATION p FOR ALL TABLES", "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p", "SELECT pg_create_physical_replication_slot('x')",
    "CREATE TABLESPACE t LOCATION '/tmp'", "SELECT datname FROM pg_database", "SELECT * FROM pg_stat_activity", "SELECT * FROM pg_db_role_setting",
    "SELECT * FROM pg_stat_get_activity(NULL)", "SELECT pg_logical_emit_message(false, 'x', 'x')", "SELECT * FROM pg_prepared_xacts",
    "SELECT pg_database_size('s000013_shop')", "BEGIN; PREPARE TRANSACTION 'x'", "CREATE CAST (int AS text) WITH INOUT", "REASSIGN OWNED BY s000013_shop_full TO s000012_shop_full",
    "CREATE FUNCTION pg_catalog.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA pg_evil", "DROP SCHEMA pg_catalog CASCADE",
    "UPDATE pg_database SET datname = 'x'", "SELECT pg_terminate_backend(pid) FROM pg_stat_get_activity(NULL) AS a(pid)",
]  # fmt: skip


@pytest.mark.daemons
@pytest.mark.parametrize(("server", "statements"), [("mariadb", MARIADB), ("postgres", POSTGRES)])
def test_what_full_rights_do_not_reach(servers: Servers, server: str, statements: list[str]) -> None:
    servers.ask(server, "s000012_shop_full", "s000012_shop", "CREATE TABLE loot (a text)")
    done = [each for each in statements if not attempt(servers, server, each)]
    expected = {"SELECT LOAD_FILE('/etc/passwd') INTO @x; "}
    assert set(done) <= expected, done
    assert servers.audit() == {}


@pytest.mark.daemons
def test_no_file_is_read(servers: Servers) -> None:
    assert servers.ask("mariadb", "s000012_shop_full", "s000012_shop", "SELECT LOAD_FILE('/etc/passwd')") == [(None,)]


@pytest.mark.daemons
@EACH
def test_neighbours_are_not_seen(servers: Servers, server: str) -> None:
    """In each list that the server offers by itself."""
    lists = {
        "mariadb": [
            "SHOW DATABASES", "SELECT * FROM information_schema.schemata", "SELECT table_schema FROM information_schema.tables",
            "SELECT grantee FROM information_schema.user_privileges", "SELECT grantee FROM information_schema.schema_privileges",
            "SELECT * FROM information_schema.processlist", "SHOW PROCESSLIST", "SELECT * FROM information_schema.routines",
            "SELECT * FROM information_schema.applicable_roles", "SELECT * FROM information_schema.statistics",
            "SELECT * FROM information_schema.views", "SELECT * FROM information_schema.files",
        ],
        "postgres": [
            "SELECT rolname FROM pg_roles", "SELECT usename FROM pg_user", "SELECT groname FROM pg_group", "SELECT * FROM information_schema.schemata",
            "SELECT grantee FROM information_schema.role_table_grants", "SELECT * FROM information_schema.applicable_roles",
            "SELECT * FROM information_schema.enabled_roles", "SELECT catalog_name FROM information_schema.information_schema_catalog_name",
            "SELECT * FROM pg_settings", "SELECT * FROM pg_locks", "SELECT * FROM pg_tables", "SELECT * FROM pg_stat_user_tables",
            "SELECT * FROM pg_stat_all_tables", "SELECT * FROM pg_auth_members", "SELECT * FROM pg_shdepend", "SELECT * FROM pg_stat_archiver",
        ],
    }  # fmt: skip
    with servers.connect(server, "s000013_shop_full", "s000013_shop"):
        for query in lists[server]:
            shown = str(servers.ask(server, "s000012_shop_full", "s000012_shop", query))
            assert "s000013" not in shown, query


@pytest.mark.daemons
@EACH
def test_neighbours_are_not_reached(servers: Servers, server: str) -> None:
    for user, database in (("s000012_shop_full", "s000013_shop"), ("s000013_shop_full", "s000012_shop")):
        with pytest.raises(DENIED):
            servers.ask(server, user, database, "SELECT 1")
    for password in ("", "x", PASSWORD.lower(), "*" + "0" * 40):
        with pytest.raises(DENIED):
            servers.ask(server, "s000013_shop_full", "s000013_shop", "SELECT 1", password=password)


@pytest.mark.daemons
@EACH
@pytest.mark.parametrize(
    "user", ["root", "postgres", "", "mysql", "mariadb.sys", "s000012_shop.full", "gasthof_owner", "%"]
)
def test_nobody_else_signs_in(servers: Servers, server: str, user: str) -> None:
    for password in ("", PASSWORD, user):
        for database in ("s000012_shop", "postgres", "template1", "mysql"):
            with pytest.raises(DENIED):
                servers.ask(server, user, database, "SELECT 1", password=password)


@pytest.mark.daemons
def test_a_name_that_a_pattern_would_also_mean(servers: Servers) -> None:
    """`_` in a grant that is not escaped would be any sign: s000012_shop would open s000012xshop."""
    servers.admin(
        "mariadb", "CREATE DATABASE IF NOT EXISTS `s000012xshop`", "CREATE TABLE IF NOT EXISTS `s000012xshop`.t (a int)"
    )
    assert "denied" in attempt(servers, "mariadb", "SELECT * FROM `s000012xshop`.t")
    servers.admin("mariadb", "DROP DATABASE `s000012xshop`")


@pytest.mark.daemons
def test_what_a_customer_makes_is_never_run_by_the_superuser(servers: Servers) -> None:
    """Functions and operators of the names that the agent's own queries use, in schemas that come first in a customer's path."""
    trap = """
        CREATE FUNCTION public.trap() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
            IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user) THEN CREATE ROLE s000012_eve SUPERUSER; END IF; END $$;
        CREATE FUNCTION public.pg_get_userbyid(oid) RETURNS name LANGUAGE plpgsql AS $$ BEGIN PERFORM public.trap(); RETURN 'x'; END $$;
        CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM public.trap(); RETURN 'x'; END $$;
        CREATE TABLE public.pg_database (datname name); CREATE TABLE public.pg_authid (rolname name);
        CREATE TABLE baited (a int); CREATE FUNCTION bait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.trap(); RETURN NEW; END $$;
        CREATE TRIGGER bait BEFORE INSERT OR UPDATE ON baited FOR EACH ROW EXECUTE FUNCTION bait();
        CREATE VIEW public.pg_shdepend AS SELECT public.trap()::text;
    """  # fmt: skip
    assert not attempt(servers, "postgres", trap)
    servers.admin("postgres", "ALTER DATABASE s000012_shop CONNECTION LIMIT 1")
    assert servers.audit()
    servers.put_user("postgres/s000012_opfer", {"s000012_shop": "full"})
    servers.turn()
    servers.node.drop("databases.user", "postgres/s000012_opfer")
    servers.turn()
    assert (
        not servers.failed() and servers.admin("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 's000012_eve'") == []
    )


@pytest.mark.daemons
def test_a_neighbours_broken_handshakes_block_nobody(servers: Servers) -> None:
    for _ in range(150):
        with socket.create_connection(("127.0.0.1", servers.prefix.ports["mariadb"])) as wire:
            wire.recv(1)
            wire.sendall(b"\x00" * 10)
    assert servers.ask("mariadb", "s000013_shop_full", "s000013_shop", "SELECT a FROM secrets") == [(42,)]


@pytest.mark.daemons
@EACH
def test_one_customer_takes_only_so_many_connections(servers: Servers, server: str) -> None:
    held: list[Any] = []
    try:
        with pytest.raises(DENIED):
            for _ in range(60):
                held.append(servers.connect(server, "s000012_shop_full", "s000012_shop"))
        assert len(held) == 20
        assert servers.ask(server, "s000013_shop_full", "s000013_shop", "SELECT a FROM secrets") == [(42,)]
    finally:
        for one in held:
            one.close()


HOSTILE = [
    "`; DROP DATABASE mysql; --", "x` WITH GRANT OPTION; --", "x\\_y", "%", "_", "s000013_shop`.secrets", "x'; DROP ROLE postgres; --", 'x"', "x\0",
    "x\n", "x/**/", "x--", "x#", "mysql", "information_schema.x", "../mysql", "x%00", "x%27", "0x6d7973716c", "ｓhop", "pg_x y", "Shop", "postgres.full",
    "x.full", "char(115)", "1 OR 1=1", "' OR ''='", "x;SELECT pg_sleep(9)", "$$x$$", "x\u202e", "\u017fhop", "x" * 64, "",
]  # fmt: skip


@pytest.mark.django_db
@EACH
@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_names_are_refused_or_harmless(db: None, server: str, typed: str) -> None:
    house: House = settle()
    made = house.run("databases.create", subscription=house.mine, server=server, name="gut").result["database"]
    for verb, fields in (
        ("databases.create", {"subscription": house.mine, "server": server, "name": typed}),
        ("databases.add_user", {"database": made, "name": typed, "password": PASSWORD}),
        ("databases.delete", {"database": typed}),
        ("databases.delete", {"database": f"{server}/{typed}"}),
        ("databases.remove_user", {"user": f"{server}/{typed}"}),
    ):
        try:
            perform(house.baker, verb, fields)
        except ActionRefused:
            continue
        assert typed == "mysql"  # becomes s000012_mysql
    names = [*Database.objects.values_list("name", flat=True), *DatabaseUser.objects.values_list("name", flat=True)]
    assert set(names) <= {f"{house.mine}_gut", f"{house.mine}_mysql"}


@pytest.mark.daemons
@EACH
def test_hostile_names_that_got_past_the_control_plane(servers: Servers, server: str) -> None:
    """The node checks once more: nothing is asked of the server in a name that is none."""
    service = SERVICES[server](servers.prefix)
    before = servers.audit()
    for typed in (*HOSTILE, "mysql", "postgres", "template1", "root", "s000013_shop; x"):
        for verb in ("create_database", "drop_database", "drop_user"):
            assert "no customer's name" in service.ask(verb, [typed])[typed].error
        spec = json.dumps(
            {
                "server": server,
                "name": typed,
                "subscription": "s000012",
                "verifier": "x",
                "access": [],
                "locked": False,
                "connections": 1,
            }
        )
        assert service.ask("set_user", [spec])[spec].error
    assert before == servers.audit() == {}


@pytest.mark.daemons
def test_configuration_reads_back_as_it_was_meant(servers: Servers) -> None:
    """As the servers themselves understood it."""
    rows = servers.admin("mariadb", "SHOW GLOBAL VARIABLES")
    shown = dict(rows)
    expected = {
        "local_infile": "OFF", "have_symlink": "DISABLED", "skip_name_resolve": "ON", "event_scheduler": "DISABLED", "log_bin": "OFF",
        "bind_address": "127.0.0.1,::1", "automatic_sp_privileges": "OFF", "max_user_connections": "20", "innodb_flush_log_at_trx_commit": "1",
        "secure_file_priv": f"{servers.prefix.root}/node/databases/nowhere/", "host_cache_size": "0", "port": str(servers.prefix.ports["mariadb"]),
    }  # fmt: skip
    assert {name: shown[name] for name in expected} == expected
    settings = {
        str(name): str(value) for name, value in servers.admin("postgres", "SELECT name, setting FROM pg_settings")
    }
    assert settings["listen_addresses"] == "127.0.0.1,::1" and settings["fsync"] == settings["full_page_writes"] == "on"
    assert settings["password_encryption"] == "scram-sha-256" and settings["unix_socket_permissions"] == "0700"
    rules = servers.admin(
        "postgres", "SELECT type, array_to_string(user_name, ','), address, auth_method, error FROM pg_hba_file_rules"
    )
    assert rules == [
        ("local", config.ADMIN, None, "peer", None), ("host", config.ADMIN, "all", "reject", None),
        ("host", "all", "127.0.0.1", "scram-sha-256", None), ("host", "all", "::1", "scram-sha-256", None),
    ]  # fmt: skip
    assert all(path.read_text() == text for path, (text, _) in files(servers.prefix).items())


PHP = """<?php
$out = [];
try { $d = new mysqli('127.0.0.1', '%(user)s', '%(password)s', '%(database)s', %(mariadb)d); $out[] = $d->query('select "Köln"')->fetch_row()[0]; }
catch (Throwable $e) { $out[] = $e->getMessage(); }
try { $p = new PDO('pgsql:host=127.0.0.1;port=%(postgres)d;dbname=%(database)s', '%(user)s', '%(password)s'); $out[] = $p->query("select 'Köln'")->fetchColumn(); }
catch (Throwable $e) { $out[] = $e->getMessage(); }
foreach (['%(root)s/run/mariadb/admin.sock', '%(root)s/run/pgsql', '%(root)s/node/databases', '/run/mysqld/mysqld.sock', '/run/postgresql'] as $path)
    if (file_exists($path)) $out[] = $path;
foreach ([['mysql:host=127.0.0.1;port=%(mariadb)d', 'root'], ['pgsql:host=127.0.0.1;port=%(postgres)d;dbname=postgres', 'postgres']] as [$dsn, $user])
    foreach (['', 'root', 'postgres'] as $password)
        try { new PDO($dsn, $user, $password); $out[] = "in as $user"; } catch (Throwable $e) { }
echo json_encode($out, JSON_UNESCAPED_UNICODE);
"""


@pytest.mark.journey
def test_a_customers_php_reaches_its_own_and_nothing_else(platform: Platform) -> None:
    """From the verb to the driver, with an umlaut in domain, password and content."""
    guest = arrive(platform, "Datenbänker")
    platform.run("domains.add", subscription=guest.subscription, name="datenbänke.test", wait=True)
    for server in SERVERS:
        platform.run("databases.create", subscription=guest.subscription, server=server, name="laden")
        database = f"{server}/{guest.subscription}_laden"
        platform.run("databases.add_user", database=database, name="php", password=PASSWORD)
    ports, database, user = platform.prefix.ports, f"{guest.subscription}_laden", f"{guest.subscription}_php"
    page = PHP % {"user": user, "password": PASSWORD, "database": database, "root": platform.root, **ports}
    guest.put(f"web/{'datenbänke.test'.encode('idna').decode()}/db.php", page.encode())
    assert json.loads(platform.https("datenbänke.test", "/db.php").text) == ["Köln", "Köln"]
    platform.run("subscriptions.suspend", subscription=guest.subscription)
    with pytest.raises(pymysql.MySQLError):
        pymysql.connect(
            host="127.0.0.1", port=ports["mariadb"], user=user, password=PASSWORD.encode(), database=database
        )
    with pytest.raises(psycopg.Error):
        psycopg.connect(host="::1", port=ports["postgres"], user=user, password=PASSWORD, dbname=database)
    platform.run("subscriptions.delete", subscription=guest.subscription)
