"""Payments by card, and what the network told of them by itself."""

from typing import ClassVar, cast

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.cards import rules


class CardPayment(models.Model):
    """One wish to pay a proforma by card: at most one payment comes of it. Its life is rules.ORDER."""

    STATES: ClassVar = tuple((state, state) for state in rules.ORDER)

    operation = models.CharField(max_length=40, unique=True)  # our id, and the network's key against doing it twice
    proforma = models.ForeignKey("billing.Proforma", models.PROTECT, related_name="card_payments", db_index=False)
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="card_payments", db_index=False)
    network = models.CharField(max_length=60)
    units = models.BigIntegerField()  # asked for, minor units
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=2)  # of the network's page
    current = models.BooleanField(default=True)  # False: another one was begun for that proforma since

    state = models.CharField(max_length=12, choices=STATES, default="asked")
    number = models.CharField(max_length=100, blank=True)  # the network's own
    address = models.CharField(max_length=500, blank=True)  # where the payer pays
    words = models.TextField(blank=True)  # the network's
    collected = models.BigIntegerField(default=0)
    collected_currency = models.CharField(max_length=3, blank=True)
    outcome = models.CharField(max_length=20, blank=True)  # what billing made of it: rules.matching.Outcome
    booking = models.ForeignKey("billing.BankBooking", models.PROTECT, null=True, related_name="+")

    begun = models.DateTimeField()  # business time
    ended = models.DateTimeField(null=True)  # business time: paid or refused
    since = models.DateTimeField()  # wall time of its beginning, as those that follow
    looked = models.DateTimeField(null=True)
    due = models.DateTimeField(null=True)  # the network is asked again then

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-id"], name="cards_payment_customer"),
            models.Index(fields=["due"], name="cards_payment_due", condition=models.Q(due__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["proforma"], name="cards_payment_current", condition=models.Q(current=True)
            ),
        ]

    @property
    def known(self) -> rules.Known:
        return rules.Known(cast(rules.State, self.state), self.collected, self.collected_currency)

    @property
    def is_open(self) -> bool:
        return self.state in rules.OPEN

    @property
    def place(self) -> Place:
        customer: Customer = self.customer
        return customer.place

    def __str__(self) -> str:
        return self.operation


class Told(models.Model):
    """A notification that was taken: the same one may be sent again, but not be replayed."""

    number = models.CharField(max_length=100, unique=True)  # the network's, with its name before it
    payment = models.ForeignKey(CardPayment, models.CASCADE, related_name="told")
    signed = models.BigIntegerField()  # seconds since 1970, of the last time that it came
    taken = models.DateTimeField()  # wall time
