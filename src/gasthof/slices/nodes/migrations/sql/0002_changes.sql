-- What is new for the node whose role calls. docs/change-protocol.md has its guarantees.
CREATE FUNCTION public.node_changes(since jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    node public.nodes_node%ROWTYPE;
    contact public.nodes_nodecontact%ROWTYPE;
    start bigint;
    last bigint;
    whole boolean := false;
    rows jsonb;
    given_epoch constant text := since ->> 'epoch';
    given_token constant text := since ->> 'token';
BEGIN
    IF since IS NULL OR pg_column_size(since) > 2000 OR NOT public.nodes_is_position(since) THEN
        PERFORM public.nodes_refuse('position');
    END IF;
    SELECT c.* INTO contact FROM public.nodes_nodecontact c JOIN public.nodes_node n ON n.id = c.node_id
        WHERE n.db_role = session_user FOR UPDATE OF c;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no node has the role %', session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO node FROM public.nodes_node n WHERE n.id = contact.node_id;
    contact.last_contact := clock_timestamp();

    IF contact.parked IS NOT NULL THEN
        start := NULL;
    ELSIF given_epoch = '' AND given_token = '' AND (since ->> 'revision')::bigint = 0 THEN
        start := 0;
        whole := true;
        contact.relist_epoch := NULL;
    ELSIF given_epoch = node.epoch AND given_token = contact.offered_token
            AND (since ->> 'revision')::bigint = contact.offered_revision THEN
        start := contact.offered_revision;
        contact.acked_token := contact.offered_token;
        contact.acked_revision := start;
        contact.relist_epoch := NULL;
    ELSIF given_epoch = node.epoch AND given_token = contact.acked_token
            AND (since ->> 'revision')::bigint = contact.acked_revision THEN
        start := contact.acked_revision;
    ELSIF given_epoch = contact.relist_epoch AND contact.acked_token IS NULL THEN
        start := 0;
        whole := true;
    ELSE
        contact.parked := 'unknown-position';
        contact.refused_epoch := given_epoch;
        INSERT INTO public.nodes_nodeevent (node_id, at, what, subject, words)
            VALUES (node.id, contact.last_contact, 'parked', '', public.nodes_plain(since::text));
    END IF;

    IF contact.parked IS NOT NULL THEN
        UPDATE public.nodes_nodecontact c SET last_contact = contact.last_contact, parked = contact.parked,
            refused_epoch = contact.refused_epoch WHERE c.node_id = node.id;
        RETURN jsonb_build_object('position', since, 'changes', '[]'::jsonb, 'more', false, 'full', false,
                                  'parked', contact.parked);
    END IF;

    SELECT jsonb_agg(jsonb_build_object('kind', p.kind, 'key', p.key, 'revision', p.revision,
                                        'spec_version', p.spec_version, 'spec', p.spec) ORDER BY p.revision), max(p.revision)
        INTO rows, last
        FROM (SELECT d.kind, d.key, d.revision, d.spec_version, d.spec,
                     sum(coalesce(octet_length(d.spec), 0)) OVER (ORDER BY d.revision) - coalesce(octet_length(d.spec), 0) AS before
              FROM (SELECT * FROM public.nodes_desiredobject o WHERE o.node_id = node.id AND o.revision > start
                    ORDER BY o.revision LIMIT 500) d) p
        WHERE p.before < 1000000;

    IF rows IS NULL AND NOT whole THEN
        -- Nothing but the contact is written, and a crash may forget it: no reason to wait for the disk.
        PERFORM set_config('synchronous_commit', 'off', true);
        UPDATE public.nodes_nodecontact c SET last_contact = contact.last_contact, acked_token = contact.acked_token,
            acked_revision = contact.acked_revision, relist_epoch = contact.relist_epoch WHERE c.node_id = node.id;
        RETURN jsonb_build_object('position', since, 'changes', '[]'::jsonb, 'more', false, 'full', false, 'parked', NULL);
    END IF;

    IF whole THEN
        contact.acked_token := NULL;
    END IF;
    last := coalesce(last, 0);
    contact.offered_token := gen_random_uuid()::text;
    UPDATE public.nodes_nodecontact c SET last_contact = contact.last_contact, acked_token = contact.acked_token,
        acked_revision = contact.acked_revision, relist_epoch = contact.relist_epoch,
        offered_token = contact.offered_token, offered_revision = last WHERE c.node_id = node.id;
    RETURN jsonb_build_object(
        'position', jsonb_build_object('epoch', node.epoch, 'token', contact.offered_token, 'revision', last),
        'changes', coalesce(rows, '[]'::jsonb),
        'more', coalesce((SELECT max(o.revision) FROM public.nodes_desiredobject o WHERE o.node_id = node.id) > last, false),
        'full', whole, 'parked', NULL);
END
$function$;
