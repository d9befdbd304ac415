"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_resellers"), ("kernel", "0003_staff")]
    operations = [
        policies.protect(
            "accounts_customer",
            f"CASE WHEN number = {policies.CUSTOMER} THEN true ELSE reseller_id = {policies.RESELLER} END",
        ),
        policies.own("kernel_auditentry", "customer"),
    ]
