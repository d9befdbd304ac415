"""Cases of breach and security, their steps, and the terms that hold for them."""

from dataclasses import replace
from datetime import datetime

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.cases import rules

LONGEST_SIGNAL = 120


class Terms(models.Model):
    """rules.Terms, as the house has set them: one row at most."""

    fee = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    within = models.PositiveIntegerField()
    signals = models.PositiveSmallIntegerField()


class Case(models.Model):
    """About one service, one mailbox, or a customer as such."""

    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="cases")
    service = models.ForeignKey("lifecycle.Service", models.PROTECT, null=True, related_name="cases")
    mailbox = models.CharField(max_length=320, blank=True)  # address, the domain in A-labels
    kind = models.CharField(max_length=10)  # breach, security
    severity = models.PositiveSmallIntegerField()  # rules.MINOR to rules.SEVERE
    deliberate = models.BooleanField()
    title = models.CharField(max_length=200)
    opened = models.DateTimeField()  # business time, as all here
    deadline = models.DateTimeField(null=True)  # the first one that a warning named
    mended = models.DateTimeField(null=True)  # when the customer first said so
    closed = models.DateTimeField(null=True)
    unfounded = models.BooleanField(default=False)
    hold = models.ForeignKey("lifecycle.Hold", models.PROTECT, null=True, related_name="cases")  # while it is on
    locked = models.BooleanField(default=False)  # its mailbox, by this case
    proforma = models.ForeignKey("billing.Proforma", models.PROTECT, null=True, related_name="cases_unlocked")

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-id"], name="cases_case_of"),
            models.Index(fields=["id"], name="cases_case_open", condition=models.Q(closed=None)),
        ]

    @property
    def held(self) -> bool:
        return self.locked or self.hold_id is not None

    @property
    def place(self) -> Place:
        customer: Customer = self.customer
        return replace(customer.place, subscription=self.service.subscription_id if self.service else None)

    def breach(self, former: datetime | None) -> rules.Breach:
        return rules.Breach(self.opened, self.severity, self.deliberate, former, self.deadline, self.mended)

    def __str__(self) -> str:
        return self.title


class Step(models.Model):
    """What was done in a case, seen or said. Written once: a trigger refuses to change or take away."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=20)  # wording.STEPS
    words = models.TextField(blank=True)
    by = models.CharField(max_length=120)  # as the audit trail names actors
    at = models.DateTimeField()
    deadline = models.DateTimeField(null=True)
    house = models.BooleanField(default=False)  # for the house only
    signal = models.CharField(
        max_length=LONGEST_SIGNAL, null=True, unique=True
    )  # a machine's own number: told twice it is one
