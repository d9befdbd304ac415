import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("subscriptions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="FtpUser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=30)),
                ("directory", models.CharField(max_length=1000)),
                ("hash", models.CharField(max_length=200)),
                (
                    "subscription",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="subscriptions.subscription"
                    ),
                ),
            ],
            options={
                "verbose_name": "FTP user",
                "constraints": [models.UniqueConstraint(fields=("subscription", "name"), name="ftp_user_name")],
            },
        ),
    ]
