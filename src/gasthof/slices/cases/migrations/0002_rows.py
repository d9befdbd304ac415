"""Whose rows these are (docs/decisions/0007-row-level-security.md), and that steps stay as they were written."""

from django.db import migrations

from gasthof.kernel import policies

GUARD = """
CREATE FUNCTION cases_step_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'steps of cases are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER cases_step_stays BEFORE UPDATE OR DELETE ON cases_step FOR EACH ROW EXECUTE FUNCTION cases_step_stays();
"""
UNGUARD = "DROP TRIGGER cases_step_stays ON cases_step; DROP FUNCTION cases_step_stays();"


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("accounts", "0003_rows")]
    operations = [
        policies.own("cases_case"),
        policies.below("cases_step", "case_id", "cases_case"),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
