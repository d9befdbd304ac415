"""Who took a version of the policy, and how far services went over to it. What was taken stays as it was."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE FUNCTION lifecycle_policy_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of the policy are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER lifecycle_policy_stays BEFORE UPDATE OR DELETE ON lifecycle_policyversion
    FOR EACH ROW EXECUTE FUNCTION lifecycle_policy_stays();
"""
UNGUARD = "DROP TRIGGER lifecycle_policy_stays ON lifecycle_policyversion; DROP FUNCTION lifecycle_policy_stays();"


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0008_ended")]
    operations = [
        migrations.AddField("policyversion", "by", models.CharField(blank=True, db_default="", max_length=120)),
        migrations.CreateModel(
            name="Rollout",
            fields=[
                (
                    "policy",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="rollout",
                        serialize=False, to="lifecycle.policyversion",
                    ),
                ),
                ("reached", models.BigIntegerField(default=0)),
                ("moved", models.PositiveIntegerField(default=0)),
                ("done", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
