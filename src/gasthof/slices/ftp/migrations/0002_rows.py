"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("ftp", "0001_initial"), ("subscriptions", "0004_rows")]
    operations = [
        policies.below("ftp_ftpuser", "subscription_id", "subscriptions_subscription", "number"),
    ]
