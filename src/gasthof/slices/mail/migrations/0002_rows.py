"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("domains", "0005_rows"), ("mail", "0001_initial")]
    operations = [
        policies.below("mail_maildomain", "domain_id", "domains_domain"),
        policies.below("mail_mailbox", "domain_id", "domains_domain"),
        policies.below("mail_address", "domain_id", "domains_domain"),
    ]
