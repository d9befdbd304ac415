"""Nodes, what they should hold, what they say."""

from pathlib import Path

import django.db.models.deletion
import gasthof.slices.nodes.models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.RunSQL(
            (Path(__file__).parent / "sql" / "0001_digest.sql").read_text("utf-8"),
            "DROP FUNCTION nodes_digest(text, text, integer, text)",
        ),
        migrations.CreateModel(
            name='DesiredObject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=64)),
                ('key', models.CharField(max_length=300)),
                ('revision', models.BigIntegerField()),
                ('spec_version', models.IntegerField()),
                ('spec', models.TextField(null=True)),
                ('bucket', models.SmallIntegerField()),
                ('digest', models.GeneratedField(db_persist=True, expression=gasthof.slices.nodes.models.Digest('kind', 'key', 'spec_version', 'spec'), output_field=models.BigIntegerField(null=True))),
            ],
        ),
        migrations.CreateModel(
            name='Node',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('db_role', models.CharField(max_length=60, unique=True)),
                ('uid_base', models.BigIntegerField()),
                ('revision', models.BigIntegerField(default=0)),
                ('epoch', models.CharField(max_length=36)),
                ('created', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ObjectReport',
            fields=[
                ('target', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='report', serialize=False, to='nodes.desiredobject')),
                ('revision', models.BigIntegerField()),
                ('state', models.CharField(max_length=10)),
                ('words', models.TextField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='NodeContact',
            fields=[
                ('node', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='contact', serialize=False, to='nodes.node')),
                ('last_contact', models.DateTimeField(null=True)),
                ('facts', models.JSONField(default=dict)),
                ('parked', models.CharField(max_length=40, null=True)),
                ('refused_epoch', models.CharField(max_length=36, null=True)),
                ('relist_epoch', models.CharField(max_length=36, null=True)),
                ('offered_token', models.CharField(max_length=36, null=True)),
                ('offered_revision', models.BigIntegerField(default=0)),
                ('acked_token', models.CharField(max_length=36, null=True)),
                ('acked_revision', models.BigIntegerField(default=0)),
                ('differing', models.JSONField(default=list)),
                ('held', models.TextField(null=True)),
                ('released', models.TextField(null=True)),
                ('release_told', models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name='desiredobject',
            name='node',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='nodes.node'),
        ),
        migrations.CreateModel(
            name='NodeEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('what', models.CharField(max_length=20)),
                ('subject', models.CharField(max_length=400)),
                ('words', models.TextField()),
                ('node', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='nodes.node')),
            ],
        ),
        migrations.AddIndex(
            model_name='desiredobject',
            index=models.Index(fields=['node', 'revision'], name='nodes_desired_revision'),
        ),
        migrations.AddIndex(
            model_name='desiredobject',
            index=models.Index(condition=models.Q(('spec__isnull', True)), fields=['node'], name='nodes_desired_tombstone'),
        ),
        migrations.AddConstraint(
            model_name='desiredobject',
            constraint=models.UniqueConstraint(fields=('node', 'kind', 'key'), name='nodes_desired_key'),
        ),
        migrations.AddIndex(
            model_name='nodeevent',
            index=models.Index(fields=['node', 'at'], name='nodes_event_at'),
        ),
    ]
