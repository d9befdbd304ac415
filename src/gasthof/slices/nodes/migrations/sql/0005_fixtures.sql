-- Drift in what a node has without intent, as events. docs/change-protocol.md.
CREATE FUNCTION public.nodes_is_fixture(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN NOT public.nodes_is_object(given, ARRAY['fixture', 'words']) THEN false
        ELSE public.nodes_is_text(given -> 'fixture', 40) AND public.nodes_is_text(given -> 'words', 4000)
            AND (given ->> 'fixture') ~ '^[a-z][a-z0-9_.-]{0,39}$' END
$function$;

ALTER FUNCTION public.nodes_check_report(jsonb) RENAME TO nodes_check_parts;

CREATE FUNCTION public.nodes_check_report(report jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF jsonb_typeof(report) = 'object' AND report ? 'fixtures' THEN  -- an older agent's has none
        IF pg_column_size(report) > 8000000 THEN
            PERFORM public.nodes_refuse('report too large');
        ELSIF jsonb_typeof(report -> 'fixtures') <> 'array' OR jsonb_array_length(report -> 'fixtures') > 100 THEN
            PERFORM public.nodes_refuse('number of fixtures');
        ELSIF EXISTS (SELECT FROM jsonb_array_elements(report -> 'fixtures') AS v WHERE NOT public.nodes_is_fixture(v)) THEN
            PERFORM public.nodes_refuse('a fixture');
        END IF;
        PERFORM public.nodes_check_parts(report - 'fixtures');
    ELSE
        PERFORM public.nodes_check_parts(report);
    END IF;
END
$function$;

ALTER FUNCTION public.nodes_take_reports(bigint, jsonb, timestamptz) RENAME TO nodes_take_objects;

-- Take all that a node of a known position says. How many of its reports counted. Both sorts of drift share one limit.
CREATE FUNCTION public.nodes_take_reports(node bigint, report jsonb, taken_at timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    room bigint;
BEGIN
    SELECT greatest(0, 1000 - count(*)) INTO room FROM public.nodes_nodeevent e
        WHERE e.node_id = node AND e.at > taken_at - interval '1 hour' AND e.what = 'drift';
    INSERT INTO public.nodes_nodeevent (node_id, at, what, subject, words)
        SELECT node, taken_at, 'drift', 'fixture ' || (v ->> 'fixture'), public.nodes_plain(v ->> 'words')
        FROM jsonb_array_elements(report -> 'fixtures') AS v LIMIT room;
    RETURN public.nodes_take_objects(node, report, taken_at);
END
$function$;
