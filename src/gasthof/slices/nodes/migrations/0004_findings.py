"""What nodes measure of their objects: checked, and kept beside their reports."""

import re
from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
NEW = (
    "nodes_take_findings(bigint, jsonb)", "nodes_plain_values(jsonb)", "nodes_is_finding(jsonb)", "nodes_is_measure(text, jsonb)",
)  # fmt: skip
REPLACED = (
    ("nodes_check_report(jsonb)", "0002_checks"),
    ("nodes_take_reports(bigint, jsonb, timestamptz)", "0002_report"),
)


def text(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")


def older(signature: str, part: str) -> str:
    """The function as an earlier migration made it."""
    name = signature.partition("(")[0]
    found = re.search(rf"CREATE FUNCTION public\.{name}\(.*?\$function\$.*?\$function\$;", text(part), re.DOTALL)
    if not found:
        raise LookupError(name)
    return found[0].replace("CREATE", "CREATE OR REPLACE", 1)


class Migration(migrations.Migration):
    dependencies = [("nodes", "0003_address")]
    operations = [
        migrations.AddField(model_name="objectreport", name="findings", field=models.JSONField(default=dict)),
        migrations.RunSQL(
            text("0004_findings") + text("0002_grants"),
            "\n".join([*(older(*one) for one in REPLACED), f"DROP FUNCTION {', '.join(NEW)};"]),
        ),
    ]
