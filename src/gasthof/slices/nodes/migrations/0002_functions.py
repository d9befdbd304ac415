"""The functions that nodes and verbs meet at, and who may do what in the database."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
PARTS = ("put", "checks", "changes", "report", "grants")


class Migration(migrations.Migration):
    dependencies = [("nodes", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "\n".join((SQL / f"0002_{part}.sql").read_text("utf-8") for part in PARTS),
            (SQL / "0002_undo.sql").read_text("utf-8"),
        )
    ]
