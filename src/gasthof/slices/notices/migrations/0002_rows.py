"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial"), ("lifecycle", "0005_notices")]
    operations = [
        policies.own("notices_notice"),
        policies.below("notices_delivery", "notice_id", "notices_notice"),
    ]
