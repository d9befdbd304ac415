from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailbox',
            name='vacation_first',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='vacation_last',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='vacation_on',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='vacation_subject',
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='vacation_text',
            field=models.TextField(blank=True),
        ),
    ]
