"""The way to find what has ended since a day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0007_taken")]
    operations = [
        migrations.AddIndex(
            "service",
            models.Index(
                condition=models.Q(("ended__isnull", False)), fields=["ended"], name="lifecycle_service_ended"
            ),
        ),
    ]
