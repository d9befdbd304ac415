-- What a node sends is untrusted: whatever has another shape than docs/change-protocol.md gives ends in an exception.
-- Literals hold no backslash outside E'': the caller may have set standard_conforming_strings. What is LANGUAGE sql here runs
-- beneath node_changes and node_report only, which pin the search path; without a SET of its own it is inlined.

CREATE FUNCTION public.nodes_refuse(what text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    RAISE EXCEPTION 'malformed: %', what USING ERRCODE = 'invalid_parameter_value';
END
$function$;

CREATE FUNCTION public.nodes_is_object(given jsonb, names text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN jsonb_typeof(given) = 'object'
        THEN ARRAY(SELECT jsonb_object_keys(given) ORDER BY 1) = ARRAY(SELECT unnest(names) ORDER BY 1) ELSE false END
$function$;

CREATE FUNCTION public.nodes_is_text(given jsonb, longest integer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT coalesce(jsonb_typeof(given) = 'string' AND char_length(given #>> '{}') <= longest, false)
$function$;

CREATE FUNCTION public.nodes_is_revision(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT coalesce(jsonb_typeof(given) = 'number' AND (given #>> '{}') ~ '^[0-9]{1,16}$', false)
$function$;

CREATE FUNCTION public.nodes_is_digest(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN jsonb_typeof(given) = 'number' AND (given #>> '{}') ~ '^-?[0-9]{1,19}$'
        THEN (given #>> '{}')::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 ELSE false END
$function$;

CREATE FUNCTION public.nodes_is_position(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT public.nodes_is_object(given, ARRAY['epoch', 'token', 'revision'])
        AND public.nodes_is_text(given -> 'epoch', 36) AND public.nodes_is_text(given -> 'token', 36)
        AND public.nodes_is_revision(given -> 'revision')
$function$;

CREATE FUNCTION public.nodes_is_entry(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT public.nodes_is_object(given, ARRAY['kind', 'key', 'revision', 'state', 'words'])
        AND public.nodes_is_text(given -> 'kind', 64) AND public.nodes_is_text(given -> 'key', 300)
        AND public.nodes_is_revision(given -> 'revision') AND public.nodes_is_text(given -> 'words', 4000)
        AND coalesce(given ->> 'state' IN ('live', 'failed', 'drift'), false)
$function$;

CREATE FUNCTION public.nodes_is_fact(name text, given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN name ~ '^[a-z][a-z0-9_.-]{0,39}$' AND jsonb_typeof(given) = 'array' AND jsonb_array_length(given) <= 50
        THEN coalesce((SELECT bool_and(public.nodes_is_text(v, 200) AND (v #>> '{}') !~ '[[:cntrl:]]')
                       FROM jsonb_array_elements(given) AS v), true)
        ELSE false END
$function$;

-- Words end up in terminals and pages: no control characters but line breaks and tabs, nothing that turns the direction of text.
CREATE FUNCTION public.nodes_plain(words text) RETURNS text
LANGUAGE sql IMMUTABLE AS $function$
    SELECT regexp_replace(words,
        E'[\\u0001-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]', chr(65533), 'g')
$function$;

CREATE FUNCTION public.nodes_check_report(report jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF report IS NULL OR pg_column_size(report) > 8000000 THEN
        PERFORM public.nodes_refuse('report too large');
    ELSIF NOT public.nodes_is_object(report, ARRAY['reports', 'facts', 'digests', 'position', 'held']) THEN
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
END
$function$;
