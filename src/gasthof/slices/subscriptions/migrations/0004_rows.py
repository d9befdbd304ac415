"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("subscriptions", "0003_exports")]
    operations = [
        policies.own("subscriptions_subscription"),
        policies.own("subscriptions_export"),
    ]
