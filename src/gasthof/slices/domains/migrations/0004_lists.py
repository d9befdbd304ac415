import django.db.models.deletion
import idna
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


def fill(apps, schema_editor):
    Domain = apps.get_model("domains", "Domain")
    for domain in Domain.objects.select_related("subscription").iterator():
        Domain.objects.filter(pk=domain.pk).update(
            unicode=idna.decode(domain.name), customer_id=domain.subscription.customer_id
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_resellers"),
        ("subscriptions", "0003_exports"),
        ("domains", "0003_followed"),
    ]

    operations = [
        TrigramExtension(),
        migrations.AddField("domain", "unicode", models.CharField(db_collation="de-x-icu", max_length=253, null=True)),
        migrations.AddField(
            "domain",
            "customer",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="accounts.customer"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField("domain", "unicode", models.CharField(db_collation="de-x-icu", max_length=253)),
        migrations.AlterField(
            "domain",
            "customer",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="accounts.customer"
            ),
        ),
        migrations.AddIndex("domain", models.Index(fields=["unicode"], name="domains_unicode")),
        migrations.AddIndex("domain", models.Index(fields=["customer", "unicode"], name="domains_customer_unicode")),
        migrations.AddIndex(
            "domain", models.Index(fields=["subscription", "unicode"], name="domains_subscription_unicode")
        ),
        migrations.AddIndex(
            "domain",
            GinIndex(fields=["unicode", "name"], name="domains_search", opclasses=["gin_trgm_ops", "gin_trgm_ops"]),
        ),
    ]
