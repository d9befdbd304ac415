"""Whose rows these are (docs/decisions/0007-row-level-security.md), and that what happened stays as it was written."""

from django.db import migrations

from gasthof.kernel import policies

GUARD = """
CREATE FUNCTION lifecycle_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events of services are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER lifecycle_event_stays BEFORE UPDATE OR DELETE ON lifecycle_event
    FOR EACH ROW EXECUTE FUNCTION lifecycle_event_stays();
"""
UNGUARD = "DROP TRIGGER lifecycle_event_stays ON lifecycle_event; DROP FUNCTION lifecycle_event_stays();"


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0001_initial"), ("accounts", "0003_rows")]
    operations = [
        policies.own("lifecycle_service"),
        *(
            policies.below(f"lifecycle_{name}", "service_id", "lifecycle_service")
            for name in ("hold", "termination", "event", "work")
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
