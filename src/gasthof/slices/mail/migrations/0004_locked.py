from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mail", "0003_vacation")]

    operations = [migrations.AddField("mailbox", "locked", models.BooleanField(db_default=False))]
