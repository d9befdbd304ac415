-- Wishes to see what a node would change, and the node's answers. docs/change-protocol.md.
CREATE FUNCTION public.nodes_own() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    found bigint;
BEGIN
    SELECT n.id INTO found FROM public.nodes_node n WHERE n.db_role = session_user;
    IF found IS NULL THEN
        RAISE EXCEPTION 'no node has the role %', session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN found;
END
$function$;

-- The number of the newest wish, unless it is answered or so old that nobody waits for it.
CREATE FUNCTION public.node_preview_wanted() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    wish public.nodes_preview%ROWTYPE;
BEGIN
    SELECT * INTO wish FROM public.nodes_preview p WHERE p.node_id = public.nodes_own() ORDER BY p.id DESC LIMIT 1;
    IF wish.asked > clock_timestamp() - interval '1 hour'
            AND NOT EXISTS (SELECT FROM public.nodes_previewend e WHERE e.preview_id = wish.id) THEN
        RETURN wish.id;
    END IF;
    RETURN NULL;
END
$function$;

CREATE FUNCTION public.nodes_is_part(given jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN NOT public.nodes_is_object(given, ARRAY['title', 'text']) THEN false
        ELSE public.nodes_is_text(given -> 'title', 400) AND public.nodes_is_text(given -> 'text', 20000) END
$function$;

-- Take a portion of the answer. What was taken already, and what is said of others' wishes or of answered ones, counts as nothing.
CREATE FUNCTION public.node_preview_told(told jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    wish bigint;
BEGIN
    IF told IS NULL OR pg_column_size(told) > 8000000 OR NOT public.nodes_is_object(told, ARRAY['preview', 'first', 'parts', 'ended', 'words'])
            OR NOT public.nodes_is_revision(told -> 'preview') OR NOT public.nodes_is_revision(told -> 'first')
            OR jsonb_typeof(told -> 'ended') <> 'boolean' OR NOT public.nodes_is_text(told -> 'words', 4000)
            OR jsonb_typeof(told -> 'parts') <> 'array' THEN
        PERFORM public.nodes_refuse('preview');
    ELSIF (told ->> 'first')::bigint + jsonb_array_length(told -> 'parts') > 1000
            OR EXISTS (SELECT FROM jsonb_array_elements(told -> 'parts') AS v WHERE NOT public.nodes_is_part(v)) THEN
        PERFORM public.nodes_refuse('parts of a preview');
    END IF;
    SELECT p.id INTO wish FROM public.nodes_preview p
        WHERE p.id = (told ->> 'preview')::bigint AND p.node_id = public.nodes_own()
            AND NOT EXISTS (SELECT FROM public.nodes_previewend e WHERE e.preview_id = p.id);
    IF wish IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.nodes_previewpart (preview_id, nth, title, text)
        SELECT wish, (told ->> 'first')::integer + r.nth - 1, public.nodes_plain(r.v ->> 'title'), public.nodes_plain(r.v ->> 'text')
        FROM jsonb_array_elements(told -> 'parts') WITH ORDINALITY AS r (v, nth)
        ON CONFLICT (preview_id, nth) DO NOTHING;
    IF (told ->> 'ended')::boolean THEN
        INSERT INTO public.nodes_previewend (preview_id, at, words)
            VALUES (wish, clock_timestamp(), public.nodes_plain(told ->> 'words')) ON CONFLICT (preview_id) DO NOTHING;
    END IF;
    RETURN NULL;
END
$function$;
