"""The role that sees and writes everybody's rows has the rights that the application had; tables to come: bootstrap/guard.py."""

from django.db import migrations

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gasthof_staff;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO gasthof_staff;
DO $$
DECLARE
    owned record;
BEGIN
    FOR owned IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND pg_get_userbyid(p.proowner) = current_user LOOP
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO gasthof_staff', owned.signature);
    END LOOP;
END
$$;
REVOKE UPDATE, DELETE ON kernel_auditentry FROM gasthof_staff;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_filters")]
    operations = [migrations.RunSQL(RIGHTS, migrations.RunSQL.noop)]
