"""What a subscription can do, a part at a time. What was suspended counts as suspended by hand, until lifecycle knows better."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0004_rows")]

    operations = [
        migrations.AddField("subscription", "paused", models.BooleanField(db_default=False)),
        migrations.AddField("subscription", "withheld", models.JSONField(default=list)),
        migrations.RunSQL(
            "UPDATE subscriptions_subscription SET paused = true WHERE state = 'suspended'", migrations.RunSQL.noop
        ),
    ]
