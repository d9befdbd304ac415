DROP FUNCTION public.nodes_check_report(jsonb), public.nodes_take_reports(bigint, jsonb, timestamptz), public.nodes_is_fixture(jsonb);
ALTER FUNCTION public.nodes_check_parts(jsonb) RENAME TO nodes_check_report;
ALTER FUNCTION public.nodes_take_objects(bigint, jsonb, timestamptz) RENAME TO nodes_take_reports;
