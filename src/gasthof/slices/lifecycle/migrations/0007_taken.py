"""What holds take, a part at a time; and what subscriptions cannot do because of their services, apart from what was suspended by hand."""

from typing import Any

from django.db import migrations, models

from gasthof.slices.lifecycle.rules.facts import DRIVEN, TAKES, mask, withheld
from gasthof.slices.lifecycle.rules.policy import SERVED, policy

TAKEN = """
UPDATE lifecycle_service s SET takes = h.takes FROM (
    SELECT service_id, bit_or(k.mask) AS takes
    FROM lifecycle_hold JOIN unnest(%s::text[], %s::int[]) k (kind, mask) USING (kind) WHERE lifted IS NULL GROUP BY service_id
) h WHERE h.service_id = s.id;
WITH RECURSIVE down AS (
    SELECT s.id, s.takes::int AS taken, s.ended FROM lifecycle_service s WHERE s.parent_id IS NULL
    UNION ALL
    SELECT s.id, s.takes::int | CASE WHEN d.ended IS NULL THEN d.taken ELSE %s END, s.ended
    FROM lifecycle_service s JOIN down d ON d.id = s.parent_id
)
UPDATE lifecycle_service s SET taken = down.taken FROM down WHERE down.id = s.id AND down.taken <> 0
"""


def fill(apps: Any, editor: Any) -> None:
    editor.execute(TAKEN, [list(TAKES), [mask(taken) for taken in TAKES.values()], mask(DRIVEN)])
    standing = apps.get_model("lifecycle", "Service").objects.filter(
        type__in=("hosting", "multihosting"), ended=None, subscription__state="suspended"
    )
    for service in standing.select_related("policy"):
        can = policy(service.policy.text).of(service.type, service.tld).named(service.phase).can
        lacks = withheld(can, service.taken)
        if SERVED in lacks:  # else somebody has suspended it by hand
            rows = apps.get_model("subscriptions", "Subscription").objects.filter(pk=service.subscription_id)
            rows.update(paused=False, withheld=list(lacks))


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0006_holds"), ("subscriptions", "0005_withheld")]

    operations = [
        migrations.AddField("service", "takes", models.PositiveSmallIntegerField(db_default=0)),
        migrations.AddField("service", "taken", models.PositiveSmallIntegerField(db_default=0)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
