"""Staff may do here what the application may, and no more."""

from django.db import migrations

RIGHTS = """
REVOKE UPDATE, DELETE ON nodes_nodeevent FROM gasthof_staff;
REVOKE EXECUTE ON FUNCTION node_changes(jsonb), node_report(jsonb) FROM gasthof_staff;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_staff"), ("nodes", "0006_moved")]
    operations = [migrations.RunSQL(RIGHTS, migrations.RunSQL.noop)]
