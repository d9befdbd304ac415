"""Which template makes a mail's HTML part."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0004_rows")]
    operations = [
        migrations.AddField("outgoingmail", "page", models.CharField(blank=True, db_default="", max_length=100)),
    ]
