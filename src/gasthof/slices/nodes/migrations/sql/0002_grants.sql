-- A node's role runs two functions; nobody else but owner and application does anything (bootstrap/guard.py has the rest).
DO $grants$
DECLARE
    owned record;
    place text := current_database();
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', place);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO gasthof_app, gasthof_node', place);
    FOR owned IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND pg_get_userbyid(p.proowner) = current_user LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', owned.signature);
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO gasthof_app', owned.signature);
    END LOOP;
END
$grants$;
REVOKE UPDATE, DELETE ON nodes_nodeevent FROM gasthof_app;
REVOKE EXECUTE ON FUNCTION node_changes(jsonb), node_report(jsonb) FROM gasthof_app;
GRANT EXECUTE ON FUNCTION node_changes(jsonb), node_report(jsonb) TO gasthof_node;
