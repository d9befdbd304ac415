"""The audit trail is written once: the application may insert and read, and a trigger refuses the rest to everybody."""

from django.db import migrations

GUARD = """
CREATE FUNCTION kernel_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
CREATE TRIGGER kernel_audit_stays BEFORE UPDATE OR DELETE ON kernel_auditentry
    FOR EACH ROW EXECUTE FUNCTION kernel_audit_stays();
REVOKE ALL ON kernel_auditentry FROM gasthof_app;
GRANT SELECT, INSERT ON kernel_auditentry TO gasthof_app;
"""
UNGUARD = "DROP TRIGGER kernel_audit_stays ON kernel_auditentry; DROP FUNCTION kernel_audit_stays();"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
