"""A stolen node role, on a cluster set up as in production: what it can see, write, hold up and wake."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from gasthof.slices.nodes.tests.installation import Installation

pytestmark = pytest.mark.daemons

MINE = {"node_changes(jsonb)", "node_report(jsonb)", "node_preview_wanted()", "node_preview_told(jsonb)"}
EMPTY = json.dumps({"epoch": "", "token": "", "revision": 0})
REPORT = json.dumps({
    "reports": [], "facts": None, "digests": None, "position": json.loads(EMPTY), "held": None,
})  # fmt: skip


@pytest.fixture
def thief(house: Installation) -> Iterator[psycopg.Connection[Any]]:
    with house.connect("node_koeln") as connection:
        yield connection


def refused(on: psycopg.Connection[Any], statement: str) -> bool:
    try:
        on.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_g14_no_table_view_sequence_or_column_is_granted(thief: psycopg.Connection[Any]) -> None:
    for view in ("role_table_grants", "role_column_grants", "role_usage_grants"):
        rows = thief.execute(sql.SQL("SELECT * FROM information_schema.{}").format(sql.Identifier(view))).fetchall()
        assert rows == [], view
    owned = (
        "SELECT count(*) FROM pg_class WHERE relowner IN (SELECT oid FROM pg_roles WHERE pg_has_role(oid, 'MEMBER'))"
    )
    assert thief.execute(owned).fetchone() == (0,)


def test_g14_no_table_can_be_read_or_written(house: Installation, thief: psycopg.Connection[Any]) -> None:
    relations = house.cluster.psql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S', 'p', 'm')",
        "gasthof",
    ).split()
    assert "nodes_desiredobject" in relations
    assert "django_migrations" in relations
    for relation in relations:
        for statement in (
            f"SELECT 1 FROM {relation}", f"DELETE FROM {relation}", f"TRUNCATE {relation}",
            f"COPY {relation} TO STDOUT",
        ):  # fmt: skip
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType)):
                thief.execute(statement.encode())


def test_g14_four_functions_of_this_house_and_no_more(house: Installation, thief: psycopg.Connection[Any]) -> None:
    """Those of the extension pg_trgm compare texts and touch nothing."""
    rows = thief.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
        " AND has_function_privilege(p.oid, 'EXECUTE')"
        " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    ).fetchall()
    assert {name for (name,) in rows} == MINE


@pytest.mark.parametrize("statement", [
    "SELECT nodes_put(1, '{}', '{}', '{}', '{}', '{}')",
    "SELECT nodes_take_reports(2, '{}', now())",
    "SELECT nodes_named(2, '{0}')",
    "SELECT nodes_compare(2, '{}', 0)",
    "SELECT gasthof_make_node_role('node_more')",
    "SET ROLE gasthof_owner",
    "SET ROLE gasthof_app",
    "SET ROLE postgres",
    "SET ROLE node_bonn",
    "SET SESSION AUTHORIZATION node_bonn",
    "GRANT gasthof_app TO node_koeln",
    "GRANT gasthof_node TO node_koeln",
    "CREATE ROLE more",
    "ALTER ROLE node_koeln CREATEDB",
    "ALTER ROLE node_bonn SET statement_timeout = 1",
    "ALTER ROLE node_koeln CONNECTION LIMIT -1",
    "CREATE TABLE t (a int)",
    "CREATE TABLE public.t (a int)",
    "CREATE TEMP TABLE t (a int)",
    "CREATE SCHEMA s",
    "CREATE DATABASE d",
    "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "CREATE PUBLICATION p FOR ALL TABLES",
    "COPY (SELECT 1) TO '/tmp/gasthof-stolen'",
    "COPY (SELECT 1) TO PROGRAM '/bin/true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_advisory_xact_lock(1, 2)",
    "SELECT pg_try_advisory_lock(1)",
    "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
    "SELECT pg_create_physical_replication_slot('s')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_largeobject",
    "SELECT * FROM pg_statistic",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "SET session_preload_libraries = 'x'",
    "SET session_replication_role = replica",
    "COMMENT ON DATABASE gasthof IS 'mine'",
    "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION node_changes()",
    "VACUUM FULL pg_catalog.pg_authid",
])  # fmt: skip
def test_g14_refused(thief: psycopg.Connection[Any], statement: str) -> None:
    """Each is refused for want of rights, VACUUM by a warning that changes nothing."""
    if statement.startswith("VACUUM"):
        said: list[str] = []
        thief.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        thief.execute(statement.encode())
        assert any("skipping" in words for words in said)
    else:
        assert refused(thief, statement)


def test_g14_the_group_gives_nothing_more(thief: psycopg.Connection[Any]) -> None:
    """A role may become its group; the functions go by who logged in."""
    thief.execute("SET ROLE gasthof_node")
    assert thief.execute("SELECT node_changes(%s::jsonb) ->> 'parked'", [EMPTY]).fetchone() == (None,)
    assert refused(thief, "SELECT 1 FROM nodes_node")
    assert refused(thief, "CREATE TABLE t (a int)")


def test_g14_no_other_database(house: Installation) -> None:
    for database in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            house.connect("node_koeln", database)


def test_g14_only_so_many_connections(house: Installation) -> None:
    held = [house.connect("node_bonn") for _ in range(8)]
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        house.connect("node_bonn")
    for connection in held:
        connection.close()


def test_g14_no_other_roles_sessions_are_seen_or_ended(house: Installation, thief: psycopg.Connection[Any]) -> None:
    with house.connect() as app, house.connect("node_bonn") as other:
        app.execute("SELECT 'a secret' FROM pg_stat_activity LIMIT 1")
        seen = thief.execute("SELECT query FROM pg_stat_activity WHERE usename <> 'node_koeln'").fetchall()
        assert {query for (query,) in seen} <= {"<insufficient privilege>", None}
        for pid in (app.info.backend_pid, other.info.backend_pid):
            assert refused(thief, f"SELECT pg_terminate_backend({pid})")
            assert refused(thief, f"SELECT pg_cancel_backend({pid})")


def test_g14_a_search_path_of_ones_own_does_not_move_the_functions(thief: psycopg.Connection[Any]) -> None:
    """Nor do the settings that change how text is read."""
    for setting in (
        "search_path = pg_temp, public", "standard_conforming_strings = off", "transform_null_equals = on",
        "client_encoding = 'LATIN1'", "bytea_output = 'escape'", "DateStyle = 'German'",
    ):  # fmt: skip
        thief.execute(f"SET {setting}".encode())
    assert thief.execute("SELECT public.node_report(%s::jsonb) ->> 'accepted'", [REPORT]).fetchone() == ("0",)
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        thief.execute("SELECT public.node_report('{}')")


def test_g14_another_nodes_channel_tells_that_something_changed_and_no_more(
    house: Installation, thief: psycopg.Connection[Any]
) -> None:
    thief.execute("LISTEN node_bonn")
    thief.execute("LISTEN reports")
    with house.connect() as app, house.connect("node_bonn") as other:
        house.put(app, "bonn", "web.site", {"xn--geheim-kln-fcb.test": '{"title":"geheim"}'})
        batch = other.execute("SELECT node_changes(%s::jsonb)", [EMPTY]).fetchone()
        assert batch is not None
        change = batch[0]["changes"][0]
        entry = {"kind": change["kind"], "key": change["key"], "revision": change["revision"], "state": "live"}
        said = {**json.loads(REPORT), "position": batch[0]["position"], "reports": [{**entry, "words": "geheim"}]}
        assert other.execute("SELECT node_report(%s::jsonb)", [json.dumps(said)]).fetchone() is not None
    heard = list(thief.notifies(timeout=1, stop_after=2))
    assert {(hint.channel, hint.payload) for hint in heard} == {("node_bonn", ""), ("reports", "")}


def test_the_application_reads_and_writes_rows_but_makes_and_empties_no_tables(house: Installation) -> None:
    with house.connect() as app:
        for relation in ("nodes_node", "subscriptions_subscription", "domains_domain", "procrastinate_jobs"):
            app.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(relation)))
        for statement in (
            "TRUNCATE nodes_objectreport", "CREATE TABLE t (a int)", "ALTER TABLE nodes_node ADD x int",
            "DROP TABLE nodes_nodeevent", "UPDATE nodes_nodeevent SET words = ''", "DELETE FROM nodes_nodeevent",
            "UPDATE kernel_auditentry SET words = ''", "DELETE FROM kernel_auditentry",
            "SET ROLE gasthof_owner", "CREATE ROLE more", "SELECT gasthof_make_node_role('node_more')",
            "SELECT node_changes('{}')", "CREATE TEMP TABLE t (a int)",
        ):  # fmt: skip
            assert refused(app, statement), statement


def test_the_owner_is_no_superuser_and_makes_roles_of_nodes_only(house: Installation) -> None:
    with house.connect("gasthof_owner") as owner:
        assert refused(owner, "CREATE ROLE more")
        owner.execute("SELECT gasthof_make_node_role('node_berlin')")
        for name in ("postgres", "node_x; DROP", "gasthof_app", "node_", "NODE_X"):
            with pytest.raises(psycopg.errors.RaiseException, match="not a role of a node"):
                owner.execute("SELECT gasthof_make_node_role(%s)", [name])
        row = owner.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolconnlimit FROM pg_roles"
            " WHERE rolname = 'node_berlin'"
        ).fetchone()
        assert row == (False, False, False, True, 8)
