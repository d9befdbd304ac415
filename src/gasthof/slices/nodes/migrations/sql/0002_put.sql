-- Write what objects of one node should be. Runs in the caller's transaction and with the caller's rights.
-- The node row's lock comes first: whoever holds it is the only one to give out revisions until its commit.
-- What is there already gets no revision; a tombstone for what never was is nothing.
CREATE FUNCTION public.nodes_put(
    target bigint, kinds text[], keys text[], versions integer[], specs text[], buckets smallint[]
) RETURNS TABLE (put_kind text, put_key text, put_revision bigint)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $function$
DECLARE
    base bigint;
    channel text;
    changed bigint[];
BEGIN
    SELECT n.revision, n.db_role INTO base, channel FROM nodes_node n WHERE n.id = target FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no node has the number %', target USING ERRCODE = 'foreign_key_violation';
    END IF;
    changed := ARRAY(
        SELECT w.place FROM unnest(kinds, keys, versions, specs) WITH ORDINALITY AS w (kind, key, version, spec, place)
        LEFT JOIN nodes_desiredobject d ON d.node_id = target AND d.kind = w.kind AND d.key = w.key
        WHERE CASE WHEN w.spec IS NULL THEN d.spec IS NOT NULL
                   ELSE d.spec IS DISTINCT FROM w.spec OR d.spec_version IS DISTINCT FROM w.version END
        ORDER BY w.place);
    IF cardinality(changed) > 0 THEN
        UPDATE nodes_node n SET revision = base + cardinality(changed) WHERE n.id = target;
        INSERT INTO nodes_desiredobject (node_id, kind, key, revision, spec_version, spec, bucket)
            SELECT target, w.kind, w.key, base + c.nth, w.version, w.spec, w.bucket
            FROM unnest(kinds, keys, versions, specs, buckets) WITH ORDINALITY AS w (kind, key, version, spec, bucket, place)
            JOIN unnest(changed) WITH ORDINALITY AS c (place, nth) ON c.place = w.place
            ORDER BY w.kind, w.key
            ON CONFLICT (node_id, kind, key) DO UPDATE SET revision = excluded.revision,
                spec_version = excluded.spec_version, spec = excluded.spec, bucket = excluded.bucket;
        PERFORM pg_notify(channel, '');
    END IF;
    RETURN QUERY SELECT d.kind::text, d.key::text, d.revision FROM unnest(kinds, keys) AS w (kind, key)
        JOIN nodes_desiredobject d ON d.node_id = target AND d.kind = w.kind AND d.key = w.key;
END
$function$;
