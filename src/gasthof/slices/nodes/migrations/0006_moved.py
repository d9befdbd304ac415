"""Which change of names and addresses was a node's last; those that are there have moved once, when they were registered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nodes", "0005_fixtures")]
    operations = [migrations.AddField("node", "moved", models.BigIntegerField(default=1))]
