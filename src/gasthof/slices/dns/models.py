"""Zones, what customers set in them, and every change."""

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.kernel.values import DomainName
from gasthof.slices.accounts.queries import Customer


class Zone(models.Model):
    """The zone of a domain. Changed under its subscription's lock."""

    domain = models.OneToOneField("domains.Domain", models.CASCADE, related_name="zone")
    serial = models.BigIntegerField()
    digest = models.CharField(max_length=64)  # of what the node was told last but for the serial: SHA-256, hex
    dnssec = models.BooleanField(default=False)
    forget_key = models.BooleanField(default=False)

    def __str__(self) -> str:
        return DomainName(self.domain.name).unicode


class RecordSet(models.Model):
    """All records of one name and type that a customer set; without contents it switches a default off."""

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="records", db_index=False)
    name = models.CharField(max_length=253)  # A-labels, without a final dot
    type = models.CharField(max_length=10)
    ttl = models.IntegerField()
    contents = models.JSONField()  # list of text, settled by rules.contents

    class Meta:
        constraints = [models.UniqueConstraint(fields=["zone", "name", "type"], name="dns_recordset_key")]


class Change(models.Model):
    """One change of a zone, append-only. Its number is a point in history that can be gone back to."""

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField()  # wall time
    actor = models.CharField(max_length=40)
    what = models.CharField(max_length=20)  # actions.moving.WHATS
    name = models.CharField(max_length=253)  # both empty: the whole zone
    type = models.CharField(max_length=10)
    before = models.JSONField(null=True)  # {"ttl": seconds, "contents": [...]}; none: nothing of the customer's own
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["zone", "id"], name="dns_change_zone")]


class FormerZone(models.Model):
    """What a customer had set in the zone of a domain that went. It stays theirs, whoever has that name by then (spec L13)."""

    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="former_zones", db_index=False)
    name = models.CharField(max_length=253)  # A-labels
    unicode = models.CharField(max_length=253)  # the same in U-labels
    removed = models.DateTimeField()  # wall time
    records = models.JSONField()  # list of spec.RecordSpec

    class Meta:
        indexes = [models.Index(fields=["customer", "name", "-id"], name="dns_formerzone_of")]

    @property
    def place(self) -> Place:
        """The customer's as a whole: who looks after a domain now may not have been let at it then."""
        customer: Customer = self.customer
        return customer.place

    def __str__(self) -> str:
        return self.unicode
