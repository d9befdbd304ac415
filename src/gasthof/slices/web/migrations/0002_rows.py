"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("domains", "0005_rows"), ("subscriptions", "0004_rows"), ("web", "0001_initial")]
    operations = [
        policies.below("web_site", "domain_id", "domains_domain"),
        policies.below("web_alias", "site_id", "web_site"),
        policies.below("web_protecteddirectory", "subscription_id", "subscriptions_subscription", "number"),
        policies.below("web_protecteduser", "directory_id", "web_protecteddirectory"),
    ]
