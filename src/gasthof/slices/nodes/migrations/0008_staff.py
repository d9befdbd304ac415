"""Staff may do here what the application may, and no more."""

from django.db import migrations

RIGHTS = """
REVOKE UPDATE, DELETE ON nodes_nodeevent FROM gasthof_staff;
REVOKE EXECUTE ON FUNCTION node_changes(jsonb), node_report(jsonb) FROM gasthof_staff;
REVOKE EXECUTE ON FUNCTION nodes_own(), node_preview_wanted(), nodes_is_part(jsonb), node_preview_told(jsonb) FROM gasthof_staff;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_staff"), ("nodes", "0007_previews")]
    operations = [migrations.RunSQL(RIGHTS, migrations.RunSQL.noop)]
