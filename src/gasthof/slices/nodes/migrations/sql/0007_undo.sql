DROP FUNCTION public.node_preview_told(jsonb), public.node_preview_wanted(), public.nodes_is_part(jsonb), public.nodes_own();
