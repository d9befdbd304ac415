"""When notices are due, as rows; and the way to find those."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0004_pages")]
    operations = [
        migrations.CreateModel(
            name="NoticeStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=20)),
                ("at", models.SmallIntegerField()),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="lifecycle.policyversion"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("policy", "entry", "name"), name="lifecycle_notice_once")
                ]
            },
        ),
        migrations.AddIndex(
            "service",
            models.Index(
                condition=models.Q(("ended", None)), fields=["entry", "first_unpaid"], name="lifecycle_service_expires"
            ),
        ),
    ]
