"""Each service that moves is written into all indexes anew: one that another one holds, and places for what is nowhere, are left out.
And which versions services were pinned to as a newer one was taken, so that not all services are looked at for each portion."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def unindexed(to: str, name: str, kept: object, **more: object) -> models.ForeignKey:
    return models.ForeignKey(to, kept, related_name=name, db_index=False, **more)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_rows"), ("subscriptions", "0005_withheld"), ("lifecycle", "0009_policies")]
    operations = [
        migrations.AddField(
            "rollout",
            "versions",
            django.contrib.postgres.fields.ArrayField(models.PositiveIntegerField(), null=True, size=None),
        ),
        migrations.AddIndex(
            "service",
            models.Index(
                condition=models.Q(("parent__isnull", False)), fields=["parent"], name="lifecycle_service_below"
            ),
        ),
        migrations.AddIndex(
            "service",
            models.Index(
                condition=models.Q(("subscription__isnull", False)), fields=["subscription"], name="lifecycle_service_place"
            ),
        ),
        migrations.AlterField(
            "service", "customer", unindexed("accounts.customer", "services", django.db.models.deletion.PROTECT)
        ),
        migrations.AlterField(
            "service", "parent", unindexed("lifecycle.service", "children", django.db.models.deletion.PROTECT, null=True)
        ),
        migrations.AlterField(
            "service",
            "subscription",
            unindexed("subscriptions.subscription", "services", django.db.models.deletion.SET_NULL, null=True),
        ),
    ]
