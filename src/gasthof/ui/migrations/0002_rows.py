"""Whose rows these are: nobody's, but the house's own (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("ui", "0001_initial"), ("kernel", "0004_staff")]
    operations = [
        policies.closed("ui_submission"),
        policies.closed("ui_bundle"),
    ]
