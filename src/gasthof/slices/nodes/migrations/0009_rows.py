"""What nodes are told and say is the house's: keys and specs tell whose they are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("nodes", "0008_staff")]
    operations = [
        policies.closed("nodes_desiredobject"),
        policies.closed("nodes_objectreport"),
        policies.closed("nodes_nodeevent"),
        policies.closed("nodes_preview"),
        policies.closed("nodes_previewpart"),
        policies.closed("nodes_previewend"),
    ]
