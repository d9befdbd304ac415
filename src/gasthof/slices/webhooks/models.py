"""Webhooks, what has happened and is yet to be told, and what was told whom."""

from typing import ClassVar

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.access.queries import User
from gasthof.slices.webhooks.values import Url


class Webhook(models.Model):
    """An address that events are sent to, as far as the person who made it may see them."""

    BY_HAND, NO_ANSWER, GONE, TOO_MANY = "by hand", "no answer", "gone", "too many"

    user = models.ForeignKey("access.User", models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2_000)  # values.Url
    events = models.JSONField()  # rules.KINDS
    secret = models.TextField()  # sealed (kernel.sealing)
    former = models.TextField(blank=True)  # the one before, sealed
    former_until = models.DateTimeField(null=True)  # wall time, as the others
    active = models.BooleanField(default=True)
    off_because = models.CharField(max_length=10, blank=True)
    created = models.DateTimeField()
    last_success = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user"], name="webhooks_active", condition=models.Q(active=True))]

    @property
    def place(self) -> Place | None:
        """Its person's."""
        found: User = self.user
        return found.place

    @property
    def shown_url(self) -> str:
        return Url(self.url).shown

    def __str__(self) -> str:
        return self.shown_url


class Event(models.Model):
    """A transaction of verbs, written in that transaction; gone once all who follow it were told all of it."""

    entries = models.JSONField()  # numbers of the audit trail's entries
    changes = models.JSONField()  # what nodes were told: [node, kind, key, revision]
    told = models.BooleanField(default=False)  # that it was done; how far nodes are is yet to come
    outcome = models.CharField(max_length=10, blank=True)  # of the changes, as last told
    created = models.DateTimeField()
    due = models.DateTimeField()  # not looked at before

    class Meta:
        indexes = [models.Index(fields=["due"], name="webhooks_event_due")]


class Delivery(models.Model):
    """One event on its way to one webhook. Its number goes along, the same each time it is tried."""

    QUEUED, DELIVERED, FAILED = "queued", "delivered", "failed"
    STATES: ClassVar = ((QUEUED, "queued"), (DELIVERED, "delivered"), (FAILED, "failed"))

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    uid = models.CharField(max_length=40, unique=True)  # the header webhook-id
    event = models.CharField(max_length=20)  # rules.KINDS, rules.TEST
    about = models.CharField(max_length=80, blank=True)  # the verb
    customer = models.IntegerField(null=True)  # number of the customer whose object it was, as in the audit trail
    body = models.TextField()  # JSON, as it is signed
    state = models.CharField(max_length=10, choices=STATES, default=QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    words = models.CharField(max_length=200, blank=True)  # why it failed: an English sentence's key
    excerpt = models.TextField(blank=True)  # what the receiver, or the TLS library, said
    created = models.DateTimeField()
    due = models.DateTimeField()  # not tried before
    ended = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["webhook", "-id"], name="webhooks_delivery_last"),
            models.Index(fields=["webhook", "due"], name="webhooks_delivery_due", condition=models.Q(state="queued")),
        ]
