"""Of a zone, and of a hosting's mail, there is one service at a time, also where two changes make one at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0010_fewer_indexes"), ("domains", "0001_initial")]
    operations = [
        migrations.AddConstraint(
            "service",
            models.UniqueConstraint(
                condition=models.Q(("ended", None), ("type", "dns")), fields=("customer", "name"), name="lifecycle_service_zone"
            ),
        ),
        migrations.AddConstraint(
            "service",
            models.UniqueConstraint(
                condition=models.Q(("ended", None), ("type", "hosting_mail")), fields=("parent",), name="lifecycle_service_mail"
            ),
        ),
    ]
