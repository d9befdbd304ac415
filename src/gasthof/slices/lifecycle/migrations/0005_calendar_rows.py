"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0004_calendar")]
    operations = [policies.own("lifecycle_calendar")]
