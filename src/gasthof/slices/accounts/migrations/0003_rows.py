"""Whose rows these are (docs/decisions/0007-row-level-security.md)."""

from django.db import migrations

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_resellers"), ("kernel", "0004_staff")]
    operations = [
        policies.protect(
            "accounts_customer",
            policies.either(f"number = {policies.CUSTOMER}", f"reseller_id = {policies.RESELLER}"),
        ),
        policies.own("kernel_auditentry", "customer"),
    ]
