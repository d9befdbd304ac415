"""Drift in what nodes have without intent: checked, and kept as events."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


def text(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("nodes", "0004_findings")]
    operations = [migrations.RunSQL(text("0005_fixtures") + text("0002_grants"), text("0005_undo"))]
