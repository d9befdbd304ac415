"""What only PostgreSQL's superuser can set in a database: what the roles may do there, and what nobody may."""

GUARD = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO gasthof_owner;
GRANT USAGE ON SCHEMA public TO gasthof_app, gasthof_staff, gasthof_node;

-- Tables to come: the application writes rows of them, and migrations take away from it where that is too much.
ALTER DEFAULT PRIVILEGES FOR ROLE gasthof_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES
    TO gasthof_app, gasthof_staff;
ALTER DEFAULT PRIVILEGES FOR ROLE gasthof_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES
    TO gasthof_app, gasthof_staff;
ALTER DEFAULT PRIVILEGES FOR ROLE gasthof_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE gasthof_owner IN SCHEMA public GRANT EXECUTE ON FUNCTIONS
    TO gasthof_app, gasthof_staff;

-- PostgreSQL lets every role make large objects, take the locks that verbs take, and write into the log of changes.
DO $$
DECLARE
    built_in record;
BEGIN
    FOR built_in IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
            WHERE p.pronamespace = 'pg_catalog'::regnamespace
            AND (p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'pg_logical_emit_message')
                 OR p.proname ~ '^pg_(try_)?advisory_') LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', built_in.signature);
        IF built_in.signature::text LIKE '%advisory%' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gasthof_owner, gasthof_app, gasthof_staff', built_in.signature);
        END IF;
    END LOOP;
END
$$;

-- LIKE may go by an index before a policy has looked at the row (docs/decisions/0007-row-level-security.md). What it could tell, by
-- the error of a pattern that ends in a backslash, is told to nobody: patterns are escaped, and no table's user writes SQL.
ALTER FUNCTION pg_catalog.textlike(text, text) LEAKPROOF;

-- So that the owner needs no CREATEROLE, which would let it become anybody but the superuser.
CREATE OR REPLACE FUNCTION public.gasthof_make_node_role(role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF role !~ '^node_[a-z0-9][a-z0-9-]{0,39}$' THEN
        RAISE EXCEPTION 'not a role of a node: %', role;
    ELSIF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 8 IN ROLE gasthof_node', role);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION public.gasthof_make_node_role(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.gasthof_make_node_role(text) TO gasthof_owner;
"""
