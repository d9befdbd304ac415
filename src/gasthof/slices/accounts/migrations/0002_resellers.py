import django.db.models.deletion
import django.db.models.functions.text
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.AddField("customer", "resells", models.BooleanField(default=False)),
        migrations.AddField(
            "customer",
            "reseller",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="customers", to="accounts.customer"
            ),
        ),
        migrations.RemoveIndex("customer", "accounts_customer_name"),
        migrations.AddIndex("customer", models.Index(fields=["name", "number"], name="accounts_customer_name")),
        migrations.AddIndex(
            "customer",
            GinIndex(
                OpClass(django.db.models.functions.text.Upper("name"), name="gin_trgm_ops"),
                name="accounts_customer_search",
            ),
        ),
    ]
