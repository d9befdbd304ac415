"""Holds reach machines: which phases have something to close, what is held, and what is closed by it."""

from typing import Any

from django.db import migrations, models

from gasthof.slices.lifecycle.rules.compiling import steps
from gasthof.slices.lifecycle.rules.facts import CLOSING
from gasthof.slices.lifecycle.rules.policy import policy

# What belongs to something that is closed, or has ended, is closed with it, however deep.
CLOSE = """
UPDATE lifecycle_service s SET held = true
WHERE EXISTS (SELECT FROM lifecycle_hold h WHERE h.service_id = s.id AND h.lifted IS NULL AND h.kind = ANY (%s));
WITH RECURSIVE shut AS (
    SELECT s.id FROM lifecycle_service s LEFT JOIN lifecycle_service p ON p.id = s.parent_id
    WHERE s.held OR p.ended IS NOT NULL
    UNION SELECT s.id FROM lifecycle_service s JOIN shut ON shut.id = s.parent_id
)
UPDATE lifecycle_service s SET closed = true FROM shut WHERE shut.id = s.id
"""


def fill(apps: Any, editor: Any) -> None:
    step = apps.get_model("lifecycle", "Step")
    for version in apps.get_model("lifecycle", "PolicyVersion").objects.all():
        for row in steps(policy(version.text)):
            step.objects.filter(policy=version, entry=row.entry, nth=row.nth).update(serves=row.serves)
    editor.execute(CLOSE, [list(CLOSING)])


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0005_notices")]

    operations = [
        migrations.AddField("step", "serves", models.BooleanField(db_default=False)),
        migrations.AddField("service", "held", models.BooleanField(db_default=False)),
        migrations.AddField("service", "closed", models.BooleanField(db_default=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
