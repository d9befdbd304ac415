"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("domains", "0004_lists")]
    operations = [
        policies.own("domains_domain"),
        policies.own("domains_claim"),
    ]
