"""Whose rows these are (docs/decisions/0007-row-level-security.md), and that steps stay as they were written."""

from django.db import migrations

from gasthof.kernel import policies

GUARD = """
CREATE FUNCTION requests_step_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the thread of a request is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER requests_step_stays BEFORE UPDATE OR DELETE ON requests_step FOR EACH ROW EXECUTE FUNCTION requests_step_stays();
"""
UNGUARD = "DROP TRIGGER requests_step_stays ON requests_step; DROP FUNCTION requests_step_stays();"


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_initial"), ("accounts", "0003_rows")]
    operations = [
        policies.own("requests_request"),
        policies.below("requests_step", "request_id", "requests_request"),
        policies.below("requests_code", "request_id", "requests_request"),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
