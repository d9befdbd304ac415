-- The reports of a node as rows, but for what it cannot have seen; where it names one revision twice, the last word counts.
CREATE FUNCTION public.nodes_said(report jsonb)
RETURNS TABLE (kind text, key text, revision bigint, state text, words text)
LANGUAGE sql STABLE AS $function$
    SELECT DISTINCT ON (v ->> 'kind', v ->> 'key', v ->> 'revision')
        v ->> 'kind', v ->> 'key', (v ->> 'revision')::bigint, v ->> 'state', public.nodes_plain(v ->> 'words')
    FROM jsonb_array_elements(report -> 'reports') WITH ORDINALITY AS r (v, nth)
    WHERE (v ->> 'revision')::bigint <= (report #>> '{position,revision}')::bigint
    ORDER BY v ->> 'kind', v ->> 'key', v ->> 'revision', nth DESC
$function$;

-- Take the reports that are about the current revision of this node's objects. How many that were.
CREATE FUNCTION public.nodes_take_reports(node bigint, report jsonb, taken_at timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    kept integer;
    room bigint;
BEGIN
    SELECT greatest(0, 1000 - count(*)) INTO room FROM public.nodes_nodeevent e
        WHERE e.node_id = node AND e.at > taken_at - interval '1 hour' AND e.what = 'drift';
    INSERT INTO public.nodes_nodeevent (node_id, at, what, subject, words)
        SELECT node, taken_at, 'drift', (v ->> 'kind') || ' ' || (v ->> 'key'), public.nodes_plain(v ->> 'words')
        FROM jsonb_array_elements(report -> 'reports') AS v JOIN public.nodes_desiredobject d
            ON d.node_id = node AND d.kind = v ->> 'kind' AND d.key = v ->> 'key' AND d.revision = (v ->> 'revision')::bigint
        WHERE v ->> 'state' = 'drift' LIMIT room;
    -- The worker removes tombstones that have served (watch.py), but none that is being reported on again. This lock, as that of the
    -- reports' foreign key, keeps nobody from giving the object a new life: nodes_put changes no column of a unique index.
    PERFORM FROM public.nodes_said(report) s JOIN public.nodes_desiredobject d
        ON d.node_id = node AND d.kind = s.kind AND d.key = s.key AND d.revision = s.revision
        WHERE d.spec IS NULL FOR KEY SHARE OF d;
    WITH current AS MATERIALIZED (
        SELECT d.id, s.* FROM public.nodes_said(report) s JOIN public.nodes_desiredobject d
            ON d.node_id = node AND d.kind = s.kind AND d.key = s.key AND d.revision = s.revision
    ), written AS (
        INSERT INTO public.nodes_objectreport AS r (target_id, revision, state, words, at)
            SELECT c.id, c.revision, c.state, c.words, taken_at FROM current c
            ON CONFLICT (target_id) DO UPDATE
                SET revision = excluded.revision, state = excluded.state, words = excluded.words, at = excluded.at
                WHERE (r.revision, r.state, r.words) IS DISTINCT FROM (excluded.revision, excluded.state, excluded.words)
    )
    SELECT count(*) INTO kept FROM current;
    RETURN kept;
END
$function$;

-- The buckets in which the node's objects at this revision are not ours; NULL when there is something newer than it has.
CREATE FUNCTION public.nodes_compare(node bigint, digests jsonb, at_revision bigint) RETURNS integer[]
LANGUAGE sql STABLE AS $function$
    SELECT CASE WHEN max(here.newest) > at_revision THEN NULL ELSE coalesce(
        array_agg(b.bucket ORDER BY b.bucket)
            FILTER (WHERE coalesce(here.digest, 0) <> coalesce((digests ->> b.bucket::text)::bigint, 0)), '{}') END
    FROM generate_series(0, 63) AS b (bucket)
    LEFT JOIN (SELECT d.bucket, bit_xor(d.digest) FILTER (WHERE d.spec IS NOT NULL) AS digest, max(d.revision) AS newest
               FROM public.nodes_desiredobject d WHERE d.node_id = node GROUP BY d.bucket) here ON here.bucket = b.bucket
$function$;

CREATE FUNCTION public.nodes_named(node bigint, buckets integer[]) RETURNS jsonb
LANGUAGE sql STABLE AS $function$
    SELECT jsonb_object_agg(b.bucket::text, coalesce(there.keys, '[]'::jsonb)) FROM unnest(buckets) AS b (bucket)
    LEFT JOIN (SELECT d.bucket, jsonb_agg(jsonb_build_array(d.kind, d.key) ORDER BY d.kind, d.key) AS keys
               FROM public.nodes_desiredobject d
               WHERE d.node_id = node AND d.bucket = ANY (buckets) AND d.spec IS NOT NULL GROUP BY d.bucket) there
        ON there.bucket = b.bucket
$function$;

-- What the node says of its objects, of itself, and of the plan that it holds back. docs/change-protocol.md.
CREATE FUNCTION public.node_report(report jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    node public.nodes_node%ROWTYPE;
    contact public.nodes_nodecontact%ROWTYPE;
    old public.nodes_nodecontact%ROWTYPE;
    given jsonb;
    known boolean;
    accepted integer := 0;
    buckets integer[];
    answer_released boolean := false;
    new_held text;
BEGIN
    PERFORM public.nodes_check_report(report);
    SELECT c.* INTO contact FROM public.nodes_nodecontact c JOIN public.nodes_node n ON n.id = c.node_id
        WHERE n.db_role = session_user FOR UPDATE OF c;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no node has the role %', session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO node FROM public.nodes_node n WHERE n.id = contact.node_id;
    old := contact;
    contact.last_contact := clock_timestamp();
    given := report -> 'position';
    known := contact.parked IS NULL AND given ->> 'epoch' = node.epoch AND coalesce(
        (given ->> 'token' = contact.offered_token AND (given ->> 'revision')::bigint = contact.offered_revision)
        OR (given ->> 'token' = contact.acked_token AND (given ->> 'revision')::bigint = contact.acked_revision), false);

    IF known THEN
        -- The node has this batch in its journal. The position before it is void from now on: a journal restored to it
        -- would never hear of tombstones that have served and are removed after this.
        contact.acked_token := given ->> 'token';
        contact.acked_revision := (given ->> 'revision')::bigint;
        contact.relist_epoch := NULL;
        accepted := public.nodes_take_reports(node.id, report, contact.last_contact);
    END IF;
    IF known AND report -> 'digests' <> 'null' THEN
        buckets := public.nodes_compare(node.id, report -> 'digests', (given ->> 'revision')::bigint);
        contact.differing := coalesce(to_jsonb(buckets), contact.differing);
    END IF;
    IF report -> 'facts' <> 'null' THEN
        contact.facts := report -> 'facts';
    END IF;

    new_held := public.nodes_plain(report ->> 'held');
    IF new_held IS NOT NULL THEN
        answer_released := contact.released IS NOT DISTINCT FROM new_held;
        contact.release_told := contact.release_told OR answer_released;
        IF contact.held IS DISTINCT FROM new_held THEN
            INSERT INTO public.nodes_nodeevent (node_id, at, what, subject, words)
                SELECT node.id, contact.last_contact, 'held', '', new_held
                WHERE 1000 > (SELECT count(*) FROM public.nodes_nodeevent e WHERE e.node_id = node.id
                              AND e.what = 'held' AND e.at > contact.last_contact - interval '1 hour');
        END IF;
    ELSIF contact.release_told THEN
        contact.released := NULL;
        contact.release_told := false;
    END IF;
    contact.held := new_held;

    UPDATE public.nodes_nodecontact c SET last_contact = contact.last_contact, facts = contact.facts, held = contact.held,
        differing = contact.differing, released = contact.released, release_told = contact.release_told,
        acked_token = contact.acked_token, acked_revision = contact.acked_revision, relist_epoch = contact.relist_epoch
        WHERE c.node_id = node.id;
    IF accepted > 0 OR (old.held, old.facts) IS DISTINCT FROM (contact.held, contact.facts) THEN
        PERFORM pg_notify('reports', '');
    END IF;
    RETURN jsonb_build_object('accepted', accepted, 'released', answer_released, 'differing',
        CASE WHEN cardinality(buckets) > 0 THEN public.nodes_named(node.id, buckets) END);
END
$function$;
