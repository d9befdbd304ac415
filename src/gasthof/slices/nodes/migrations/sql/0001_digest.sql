-- The same as agent/wire.py's object_digest. Immutable although convert_to is not marked so: the database's encoding never changes.
CREATE FUNCTION public.nodes_digest(kind text, key text, spec_version integer, spec text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT ('x' || encode(substr(sha256(convert_to(
        kind || chr(10) || key || chr(10) || spec_version::text || chr(10) || spec, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
$function$;
