"""By whom, by verb, by day, and by what was given: each way of looking through the audit trail has its index."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from gasthof.kernel.models import Given

GIVEN = """
CREATE FUNCTION kernel_given(fields jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT coalesce(array_agg(lower(value)), '{}') FROM jsonb_each_text(fields) WHERE length(value) <= 300
$$;
"""


def by(name: str, first: str) -> migrations.AddIndex:
    """Also for what a text begins with."""
    made = models.Index(fields=[first, "-id"], name=name, opclasses=["varchar_pattern_ops", "int8_ops"])
    return migrations.AddIndex("auditentry", made)


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_append_only")]
    operations = [
        migrations.RunSQL(GIVEN, "DROP FUNCTION kernel_given(jsonb)"),
        by("audit_actor", "actor"),
        by("audit_verb", "verb"),
        migrations.AddIndex("auditentry", models.Index(fields=["at", "-id"], name="audit_at")),
        migrations.AddIndex("auditentry", GinIndex(Given("fields"), name="audit_given")),
    ]
