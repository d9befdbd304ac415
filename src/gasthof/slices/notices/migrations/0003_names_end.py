"""Whether a notice names the day of the deletion. Those that there are were made as if each did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_rows")]
    operations = [migrations.AddField("notice", "names_end", models.BooleanField(db_default=True))]
