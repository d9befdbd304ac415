"""Machines, what each should hold, and what each says of it (docs/change-protocol.md).

Rows that verbs lock (Node, DesiredObject) and rows that a node's functions write (NodeContact, ObjectReport) are apart:
a node that keeps its transaction open holds up no verb.
"""

from django.db import models
from django.db.models import Func, Q


class Digest(Func):
    """SQL function nodes_digest: agent.wire.object_digest, computed by the database from what the row holds."""

    function = "nodes_digest"


class Node(models.Model):
    """One machine. Its row's lock gives out revisions: they commit in their order."""

    name = models.CharField(max_length=40, unique=True)
    db_role = models.CharField(max_length=60, unique=True)  # also the channel that it is woken on
    uid_base = models.BigIntegerField()
    host = models.CharField(max_length=253, default="")  # A-labels
    ipv4 = models.CharField(max_length=15, default="")
    ipv6 = models.CharField(max_length=45, default="")
    moved = models.BigIntegerField(default=1)  # which change of names and addresses in the house was its last one
    revision = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=36)
    created = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class NodeContact(models.Model):
    """What a node's own functions write about it, once a poll. NULL tokens are pairs that nobody holds."""

    node = models.OneToOneField(Node, models.CASCADE, primary_key=True, related_name="contact")
    last_contact = models.DateTimeField(null=True)
    facts = models.JSONField(default=dict)
    parked = models.CharField(max_length=40, null=True)
    refused_epoch = models.CharField(max_length=36, null=True)
    relist_epoch = models.CharField(max_length=36, null=True)  # a position of it is answered with a whole listing
    offered_token = models.CharField(max_length=36, null=True)
    offered_revision = models.BigIntegerField(default=0)
    acked_token = models.CharField(max_length=36, null=True)
    acked_revision = models.BigIntegerField(default=0)
    differing = models.JSONField(default=list)  # buckets that the worker sends again
    held = models.TextField(null=True)
    released = models.TextField(null=True)
    release_told = models.BooleanField(default=False)


class DesiredObject(models.Model):
    """One object that a node is told about; without a spec it is a tombstone."""

    node = models.ForeignKey(Node, models.PROTECT, db_index=False)
    kind = models.CharField(max_length=64)
    key = models.CharField(max_length=300)
    revision = models.BigIntegerField()
    spec_version = models.IntegerField()
    spec = models.TextField(null=True)  # canonical JSON
    bucket = models.SmallIntegerField()
    digest = models.GeneratedField(
        expression=Digest("kind", "key", "spec_version", "spec"),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "kind", "key"], name="nodes_desired_key")]
        indexes = [
            models.Index(fields=["node", "revision"], name="nodes_desired_revision"),
            models.Index(fields=["node"], condition=Q(spec__isnull=True), name="nodes_desired_tombstone"),
        ]


class ObjectReport(models.Model):
    """The node's last word on an object. It counts while its revision is the object's; until then the object is pending."""

    target = models.OneToOneField(DesiredObject, models.CASCADE, primary_key=True, related_name="report")
    revision = models.BigIntegerField()
    state = models.CharField(max_length=10)  # live, failed, drift
    words = models.TextField()
    at = models.DateTimeField()
    findings = models.JSONField(default=dict)  # what the node measured: name -> list of texts, or a number


class Preview(models.Model):
    """Somebody's wish to see what a node would change. What the node answers stands apart, as everywhere here."""

    node = models.ForeignKey(Node, models.CASCADE, db_index=False)
    asked = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["node", "id"], name="nodes_preview_last")]


class PreviewPart(models.Model):
    """What would be changed of one object, or of what the node always has (agent.wire.PreviewPart)."""

    preview = models.ForeignKey(Preview, models.CASCADE, related_name="parts", db_index=False)
    nth = models.IntegerField()
    title = models.CharField(max_length=400)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["preview", "nth"], name="nodes_previewpart_nth")]


class PreviewEnd(models.Model):
    """The node has told all of it."""

    preview = models.OneToOneField(Preview, models.CASCADE, primary_key=True, related_name="end")
    at = models.DateTimeField()
    words = models.TextField()  # why it is not all, or empty


class NodeEvent(models.Model):
    """What happened to a node, append-only: drift, parked, adopted, held, released, silent, back."""

    node = models.ForeignKey(Node, models.PROTECT, db_index=False)
    at = models.DateTimeField()
    what = models.CharField(max_length=20)
    subject = models.CharField(max_length=400)  # "kind key", or empty
    words = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["node", "at"], name="nodes_event_at")]
