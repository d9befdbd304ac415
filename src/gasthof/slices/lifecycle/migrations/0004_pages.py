"""What lists of services need, and the calendars of customers."""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.functions import Upper

from gasthof.kernel import policies


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("lifecycle", "0003_carrying")]
    operations = [
        migrations.AddField("service", "unicode", models.CharField(max_length=253, default=""), preserve_default=False),
        migrations.RunSQL("UPDATE lifecycle_service SET unicode = name", migrations.RunSQL.noop),
        migrations.AddIndex("service", models.Index(fields=["customer", "-id"], name="lifecycle_service_customer")),
        migrations.AddIndex(
            "service",
            GinIndex(
                OpClass(Upper("unicode"), name="gin_trgm_ops"), OpClass(Upper("name"), name="gin_trgm_ops"),
                name="lifecycle_service_search",
            ),
        ),
        migrations.CreateModel(
            name="Calendar",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="calendar",
                        serialize=False, to="accounts.customer",
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made", models.DateTimeField()),
            ],
        ),
        policies.own("lifecycle_calendar"),
    ]
