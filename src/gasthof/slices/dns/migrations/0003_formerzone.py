"""What was set in zones that went, each its customer's own (docs/decisions/0007-row-level-security.md)."""

import django.db.models.deletion
from django.db import migrations, models

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("dns", "0002_rows")]

    operations = [
        migrations.CreateModel(
            name="FormerZone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=253)),
                ("unicode", models.CharField(max_length=253)),
                ("removed", models.DateTimeField()),
                ("records", models.JSONField()),
                ("customer", models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="former_zones", to="accounts.customer"
                )),
            ],
            options={"indexes": [models.Index(fields=["customer", "name", "-id"], name="dns_formerzone_of")]},
        ),
        policies.own("dns_formerzone"),
    ]  # fmt: skip
