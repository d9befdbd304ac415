"""Up to which change of machines' names and addresses a domain was told anew: those that are there up to none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("domains", "0002_initial")]
    operations = [migrations.AddField("domain", "followed", models.BigIntegerField(default=0))]
