"""Whose rows these are (docs/decisions/0007-row-level-security.md). Whom an event tells of is found out when it is told."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("access", "0004_rows"), ("webhooks", "0001_initial")]
    operations = [
        policies.below("webhooks_webhook", "user_id", "access_user"),
        policies.below("webhooks_delivery", "webhook_id", "webhooks_webhook"),
        policies.closed("webhooks_event"),
    ]
