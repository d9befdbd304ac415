-- As 0002_grants: nobody runs these but nodes' roles, and what is beneath them nobody but the owner.
REVOKE ALL ON FUNCTION nodes_own(), node_preview_wanted(), nodes_is_part(jsonb), node_preview_told(jsonb) FROM PUBLIC, gasthof_app;
GRANT EXECUTE ON FUNCTION node_preview_wanted(), node_preview_told(jsonb) TO gasthof_node;
