DROP FUNCTION node_report(jsonb), node_changes(jsonb), nodes_named(bigint, integer[]), nodes_compare(bigint, jsonb, bigint),
    nodes_take_reports(bigint, jsonb, timestamptz), nodes_said(jsonb), nodes_check_report(jsonb), nodes_plain(text),
    nodes_is_fact(text, jsonb), nodes_is_entry(jsonb), nodes_is_position(jsonb), nodes_is_digest(jsonb),
    nodes_is_revision(jsonb), nodes_is_text(jsonb, integer), nodes_is_object(jsonb, text[]), nodes_refuse(text),
    nodes_put(bigint, text[], text[], integer[], text[], smallint[]);
