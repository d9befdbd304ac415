"""The audit trail: the record of what was done, refused and denied."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Given(models.Func):
    """SQL function kernel_given: the values of an entry's fields in lower case, without those that are too long to be a name."""

    function = "kernel_given"
    output_field = ArrayField(models.TextField())


class AuditEntry(models.Model):
    """Written by kernel.actions and never changed: a trigger and the application's missing rights see to that."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()  # wall time
    actor = models.CharField(max_length=40)
    customer = models.IntegerField(null=True)  # number of the customer whose object it was
    verb = models.CharField(max_length=80)
    object = models.CharField(max_length=300)
    fields = models.JSONField()  # as given, secrets masked
    outcome = models.CharField(max_length=10)  # done, refused, denied
    words = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-id"], name="audit_customer"),
            models.Index(fields=["object", "-id"], name="audit_object"),
            models.Index(fields=["actor", "-id"], name="audit_actor", opclasses=["varchar_pattern_ops", "int8_ops"]),
            models.Index(fields=["verb", "-id"], name="audit_verb", opclasses=["varchar_pattern_ops", "int8_ops"]),
            models.Index(fields=["at", "-id"], name="audit_at"),
            GinIndex(Given("fields"), name="audit_given"),
        ]
