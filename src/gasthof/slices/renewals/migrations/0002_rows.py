"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("renewals", "0001_initial"), ("lifecycle", "0002_rows"), ("billing", "0002_rows")]
    operations = [
        policies.below("renewals_agreement", "service_id", "lifecycle_service"),
        policies.below("renewals_asked", "service_id", "lifecycle_service"),
        policies.below("renewals_carried", "service_id", "lifecycle_service"),
    ]
