"""What renewals cost, what was asked for, and what was paid and carried over to its service."""

import idna
from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.lifecycle.queries import Service


class Terms(models.Model):
    months = models.PositiveSmallIntegerField()  # a period
    net = models.BigIntegerField()  # of a period, in minor units
    currency = models.CharField(max_length=3)
    category = models.CharField(max_length=20)  # of VAT

    class Meta:
        abstract = True


class Price(Terms):
    """Of a type of services, or of a TLD."""

    type = models.CharField(max_length=20)
    tld = models.CharField(max_length=63, blank=True)  # A-label; "": all that have no price of their own

    class Meta:
        constraints = [models.UniqueConstraint(fields=["type", "tld"], name="renewals_price_once")]

    @property
    def place(self) -> None:
        """The house's."""
        return None

    @property
    def tld_shown(self) -> str:
        """With umlauts."""
        return idna.decode(self.tld) if self.tld else ""

    def __str__(self) -> str:
        return f"{self.type}.{self.tld}" if self.tld else self.type


class Agreement(Terms):
    """Terms of one service, which count more than the list's."""

    service = models.OneToOneField("lifecycle.Service", models.PROTECT, primary_key=True, related_name="agreement")


class Asked(models.Model):
    """A proforma for a service's next period."""

    proforma = models.OneToOneField("billing.Proforma", models.PROTECT, primary_key=True, related_name="asked")
    service = models.ForeignKey("lifecycle.Service", models.PROTECT, related_name="asked")
    first_unpaid = models.DateField()  # the period's first day
    months = models.PositiveSmallIntegerField()
    anchor = models.PositiveSmallIntegerField()  # rules.after
    standing = models.BooleanField(default=True)  # False: paid, or taken back

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service"], name="renewals_asked_once", condition=models.Q(standing=True))
        ]

    @property
    def place(self) -> Place:
        service: Service = self.service
        return service.place


class Carried(models.Model):
    """What became of a paid line. Once for each: the key is the event's own."""

    RENEWED, RETURNED, STAFF = "renewed", "returned", "staff"  # staff: somebody has to look

    settled = models.OneToOneField("billing.Settled", models.PROTECT, primary_key=True, related_name="carried")
    service = models.ForeignKey("lifecycle.Service", models.PROTECT, null=True, related_name="carried")
    outcome = models.CharField(max_length=10)
    until = models.DateField(null=True)  # first unpaid day since
    words = models.TextField(blank=True)
    at = models.DateTimeField()  # business time

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="renewals_carried_staff", condition=models.Q(outcome="staff")),
            models.Index(fields=["at"], name="renewals_carried_renewed", condition=models.Q(outcome="renewed")),
        ]


class LateOpening(models.Model):
    """A paid line whose service was not open a day later (spec L6). Once for each; staff are shown it until it has ended."""

    settled = models.OneToOneField("billing.Settled", models.PROTECT, primary_key=True, related_name="late_opening")
    service = models.ForeignKey("lifecycle.Service", models.PROTECT, null=True, related_name="late_openings")
    reason = models.CharField(max_length=10)  # alarming.REASONS
    words = models.TextField(blank=True)  # a daemon's or a registry's own
    found = models.DateTimeField()  # business time, as the one that follows
    ended = models.DateTimeField(null=True)  # it is open, or a person has decided

    class Meta:
        indexes = [models.Index(fields=["settled"], name="renewals_late_open", condition=models.Q(ended=None))]
