"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("dns", "0001_initial"), ("domains", "0005_rows")]
    operations = [
        policies.below("dns_zone", "domain_id", "domains_domain"),
        policies.below("dns_recordset", "zone_id", "dns_zone"),
        policies.below("dns_change", "zone_id", "dns_zone"),
    ]
