"""What a new PostgreSQL database is made to be before its customer comes in: SQL for the superuser, inside it."""

from psycopg import sql

from gasthof.slices.databases.node.rights import group

MARK = "gasthof 1"  # the comment on a database that this guard was applied to
VISIBLE = """(oid < 16384 OR pg_has_role(oid, 'MEMBER')
        OR split_part(rolname, '_', 1) = split_part(current_database(), '_', 1))"""

# The catalog is one for all customers: these would show whose databases and users there are beside one's own.
HIDE = """
SET LOCAL allow_system_table_mods = on;
REVOKE SELECT ON pg_database, pg_db_role_setting, pg_shdescription, pg_shseclabel FROM PUBLIC;
REVOKE SELECT ON pg_stat_activity, pg_stat_database, pg_stat_database_conflicts, pg_stat_replication, pg_stat_ssl,
    pg_stat_gssapi, pg_replication_slots, pg_prepared_xacts, pg_stat_progress_analyze, pg_stat_progress_vacuum,
    pg_stat_progress_cluster, pg_stat_progress_create_index, pg_stat_progress_copy, pg_stat_progress_basebackup FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_stat_get_activity(integer), pg_stat_get_backend_activity(integer),
    pg_stat_get_backend_userid(integer), pg_stat_get_backend_dbid(integer), pg_stat_get_progress_info(text),
    pg_logical_emit_message(boolean, text, text), pg_logical_emit_message(boolean, text, bytea) FROM PUBLIC;
CREATE OR REPLACE VIEW pg_roles AS
    SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit,
        '********'::text AS rolpassword, rolvaliduntil, rolbypassrls, NULL::text[] COLLATE "C" AS rolconfig, oid
    FROM pg_authid WHERE (VISIBLE);
CREATE OR REPLACE VIEW pg_user AS
    SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper,
        rolreplication AS userepl, rolbypassrls AS usebypassrls, '********'::text AS passwd, rolvaliduntil AS valuntil,
        NULL::text[] COLLATE "C" AS useconfig
    FROM pg_authid WHERE rolcanlogin AND (VISIBLE);
CREATE OR REPLACE VIEW pg_group AS
    SELECT rolname AS groname, oid AS grosysid,
        ARRAY(SELECT member FROM pg_auth_members WHERE roleid = pg_authid.oid) AS grolist
    FROM pg_authid WHERE NOT rolcanlogin AND (VISIBLE);
"""

# What "full" makes is open to "data" and "read" at once, in every schema.
SHARE = """
CREATE SCHEMA IF NOT EXISTS public;
ALTER SCHEMA public OWNER TO {full};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {data}, {read};
ALTER DEFAULT PRIVILEGES FOR ROLE {full} GRANT USAGE ON SCHEMAS TO {data}, {read};
ALTER DEFAULT PRIVILEGES FOR ROLE {full} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {data};
ALTER DEFAULT PRIVILEGES FOR ROLE {full} GRANT SELECT ON TABLES TO {read};
ALTER DEFAULT PRIVILEGES FOR ROLE {full} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {data};
ALTER DEFAULT PRIVILEGES FOR ROLE {full} GRANT SELECT ON SEQUENCES TO {read};
"""

# Last, as what lets people in.
OPEN = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {database} TO {full};
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {data};
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {read};
"""


def statements(database: str) -> list[sql.Composed]:
    """In order; to be run in one transaction."""
    names = {right: sql.Identifier(group(database, right)) for right in ("full", "data", "read")}
    return [
        sql.SQL(text).format(database=sql.Identifier(database), **names)
        for text in (HIDE.replace("(VISIBLE)", VISIBLE), SHARE, OPEN)
    ]
