"""Evidence, proposals and reasons for the house alone are behind the wall, too; who has proposed an end stands in its step and nowhere else."""

from django.db import migrations

from gasthof.kernel import policies

ABOVE = policies.reaching("cases_step", "case_id", "cases_case")


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_rows")]
    operations = [
        policies.narrowed("cases_step", f"NOT cases_step.house AND {ABOVE}", ABOVE),
        migrations.RemoveField("case", "end_proposed_by"),
    ]
