"""The day that a notice names instead of whether it names one. Of those that there are it is not known: they count no more, the next one does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_names_end")]
    operations = [
        migrations.RemoveField("notice", "names_end"),
        migrations.AddField("notice", "end_named", models.DateField(null=True)),
        migrations.RemoveConstraint("notice", "notices_notice_once"),
        migrations.AddConstraint(
            "notice",
            models.UniqueConstraint(fields=["service", "first_unpaid", "name", "due"], name="notices_notice_once"),
        ),
    ]
