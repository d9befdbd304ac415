"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("databases", "0001_initial"), ("subscriptions", "0004_rows")]
    operations = [
        policies.below("databases_database", "subscription_id", "subscriptions_subscription", "number"),
        policies.below("databases_databaseuser", "subscription_id", "subscriptions_subscription", "number"),
        policies.below("databases_grant", "database_id", "databases_database"),
    ]
