-- What a node measured of its objects, beside its report on them. docs/change-protocol.md.
CREATE FUNCTION public.nodes_is_measure(name text, given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN name !~ '^[a-z][a-z0-9_.-]{0,39}$' THEN false
        WHEN jsonb_typeof(given) = 'array'
        THEN coalesce((SELECT bool_and(public.nodes_is_text(v, 4000)) FROM jsonb_array_elements(given) AS v), true)
        ELSE public.nodes_is_revision(given) END
$function$;

CREATE FUNCTION public.nodes_is_finding(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN NOT public.nodes_is_object(given, ARRAY['kind', 'key', 'revision', 'values']) THEN false
        WHEN jsonb_typeof(given -> 'values') <> 'object' OR char_length(given ->> 'values') > 64000 THEN false
        ELSE public.nodes_is_text(given -> 'kind', 64) AND public.nodes_is_text(given -> 'key', 300)
            AND public.nodes_is_revision(given -> 'revision')
            AND (SELECT coalesce(bool_and(public.nodes_is_measure(f.key, f.value)), true)
                    AND coalesce(sum(CASE jsonb_typeof(f.value) WHEN 'array' THEN greatest(jsonb_array_length(f.value), 1)
                                     ELSE 1 END), 0) <= 64
                 FROM jsonb_each(given -> 'values') AS f) END
$function$;

CREATE FUNCTION public.nodes_plain_values(given jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $function$
    SELECT coalesce(jsonb_object_agg(f.key, CASE jsonb_typeof(f.value) WHEN 'array'
        THEN coalesce((SELECT jsonb_agg(public.nodes_plain(v #>> '{}') ORDER BY nth)
                       FROM jsonb_array_elements(f.value) WITH ORDINALITY AS e (v, nth)), '[]'::jsonb)
        ELSE f.value END), '{}'::jsonb)
    FROM jsonb_each(given) AS f
$function$;

-- Take the findings about current objects of this node that it has reported on. What is as it was is not written.
CREATE FUNCTION public.nodes_take_findings(node bigint, report jsonb) RETURNS void
LANGUAGE sql VOLATILE AS $function$
    UPDATE public.nodes_objectreport r SET findings = said.found
    FROM (
        SELECT DISTINCT ON (v ->> 'kind', v ->> 'key', v ->> 'revision')
            v ->> 'kind' AS kind, v ->> 'key' AS key, (v ->> 'revision')::bigint AS revision,
            public.nodes_plain_values(v -> 'values') AS found
        FROM jsonb_array_elements(report -> 'findings') WITH ORDINALITY AS f (v, nth)
        WHERE (v ->> 'revision')::bigint <= (report #>> '{position,revision}')::bigint
        ORDER BY v ->> 'kind', v ->> 'key', v ->> 'revision', nth DESC
    ) said JOIN public.nodes_desiredobject d
        ON d.node_id = node AND d.kind = said.kind AND d.key = said.key AND d.revision = said.revision AND d.spec IS NOT NULL
    WHERE r.target_id = d.id AND r.revision = d.revision AND r.findings IS DISTINCT FROM said.found
$function$;

CREATE OR REPLACE FUNCTION public.nodes_check_report(report jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF report IS NULL OR pg_column_size(report) > 8000000 THEN
        PERFORM public.nodes_refuse('report too large');
    ELSIF NOT public.nodes_is_object(jsonb_build_object('findings', '[]'::jsonb) || report,  -- an older agent has none
                                     ARRAY['reports', 'facts', 'digests', 'position', 'held', 'findings']) THEN
        PERFORM public.nodes_refuse('fields of the report');
    ELSIF NOT public.nodes_is_position(report -> 'position') THEN
        PERFORM public.nodes_refuse('position');
    ELSIF report -> 'held' <> 'null' AND NOT public.nodes_is_text(report -> 'held', 4000) THEN
        PERFORM public.nodes_refuse('held');
    ELSIF jsonb_typeof(report -> 'reports') <> 'array' OR jsonb_array_length(report -> 'reports') > 1000 THEN
        PERFORM public.nodes_refuse('number of reports');
    ELSIF EXISTS (SELECT FROM jsonb_array_elements(report -> 'reports') AS v WHERE NOT public.nodes_is_entry(v)) THEN
        PERFORM public.nodes_refuse('a report');
    END IF;
    IF jsonb_typeof(report -> 'facts') = 'object' THEN
        IF (SELECT count(*) > 50 OR NOT bool_and(public.nodes_is_fact(f.key, f.value)) FROM jsonb_each(report -> 'facts') AS f) THEN
            PERFORM public.nodes_refuse('facts');
        END IF;
    ELSIF report -> 'facts' <> 'null' THEN
        PERFORM public.nodes_refuse('facts');
    END IF;
    IF jsonb_typeof(report -> 'digests') = 'object' THEN
        IF EXISTS (SELECT FROM jsonb_each(report -> 'digests') AS d
                   WHERE d.key !~ '^([0-9]|[1-5][0-9]|6[0-3])$' OR NOT public.nodes_is_digest(d.value)) THEN
            PERFORM public.nodes_refuse('digests');
        END IF;
    ELSIF report -> 'digests' <> 'null' THEN
        PERFORM public.nodes_refuse('digests');
    END IF;
    IF report ? 'findings' THEN
        IF jsonb_typeof(report -> 'findings') <> 'array' OR jsonb_array_length(report -> 'findings') > 1000 THEN
            PERFORM public.nodes_refuse('number of findings');
        ELSIF EXISTS (SELECT FROM jsonb_array_elements(report -> 'findings') AS v WHERE NOT public.nodes_is_finding(v)) THEN
            PERFORM public.nodes_refuse('a finding');
        END IF;
    END IF;
END
$function$;

-- Take the reports that are about the current revision of this node's objects, and then the findings. How many reports that were.
CREATE OR REPLACE FUNCTION public.nodes_take_reports(node bigint, report jsonb, taken_at timestamptz) RETURNS integer
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
        INSERT INTO public.nodes_objectreport AS r (target_id, revision, state, words, at, findings)
            SELECT c.id, c.revision, c.state, c.words, taken_at, '{}' FROM current c
            ON CONFLICT (target_id) DO UPDATE
                SET revision = excluded.revision, state = excluded.state, words = excluded.words, at = excluded.at
                WHERE (r.revision, r.state, r.words) IS DISTINCT FROM (excluded.revision, excluded.state, excluded.words)
    )
    SELECT count(*) INTO kept FROM current;
    -- What was measured of an object ends with it: a new life of the key begins without.
    UPDATE public.nodes_objectreport r SET findings = '{}'
        FROM public.nodes_said(report) s JOIN public.nodes_desiredobject d
            ON d.node_id = node AND d.kind = s.kind AND d.key = s.key AND d.revision = s.revision
        WHERE r.target_id = d.id AND d.spec IS NULL AND r.findings <> '{}';
    PERFORM public.nodes_take_findings(node, report);
    RETURN kept;
END
$function$;
