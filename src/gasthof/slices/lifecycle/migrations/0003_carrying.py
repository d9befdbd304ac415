from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0002_rows")]

    operations = [
        migrations.AddField("work", "archive", models.CharField(blank=True, db_default="", max_length=40)),
        migrations.AddField("work", "words", models.TextField(blank=True, db_default="")),
    ]
