"""Wishes to see what nodes would change, their answers, and the two functions by which nodes give these."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
CASCADE = models.deletion.CASCADE


def text(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("nodes", "0006_moved")]
    operations = [
        migrations.CreateModel(
            "Preview",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                ("asked", models.DateTimeField()),
                ("node", models.ForeignKey("nodes.Node", CASCADE, db_index=False)),
            ],
            options={"indexes": [models.Index(fields=["node", "id"], name="nodes_preview_last")]},
        ),
        migrations.CreateModel(
            "PreviewEnd",
            [
                ("preview", models.OneToOneField("nodes.Preview", CASCADE, primary_key=True, serialize=False, related_name="end")),
                ("at", models.DateTimeField()),
                ("words", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            "PreviewPart",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                ("nth", models.IntegerField()),
                ("title", models.CharField(max_length=400)),
                ("text", models.TextField()),
                ("preview", models.ForeignKey("nodes.Preview", CASCADE, related_name="parts", db_index=False)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=["preview", "nth"], name="nodes_previewpart_nth")]},
        ),
        migrations.RunSQL(text("0007_previews") + text("0007_grants"), text("0007_undo")),
    ]
