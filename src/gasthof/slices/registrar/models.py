"""Registered domain names, their contacts, what registries were asked; and the tables of the registry that stands in for all."""

from typing import ClassVar

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.kernel.values import DomainName
from gasthof.slices.registrar.driver import Contacts


class Contact(models.Model):
    """A person or company as registries want to know them (RFC 5733)."""

    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=200)
    postcode = models.CharField(max_length=16)
    city = models.CharField(max_length=200)
    country = models.CharField(max_length=2)  # ISO 3166-1
    email = models.CharField(max_length=320)
    phone = models.CharField(max_length=17)  # values.Phone

    @property
    def handle(self) -> str:
        """What registries call it."""
        return f"GH-{self.pk}"

    @property
    def place(self) -> Place:
        place: Place = self.customer.place
        return place

    def __str__(self) -> str:
        return self.organisation or self.name


class Registration(models.Model):
    """A domain name that a registry keeps for a customer, or is asked to."""

    ASKED, HELD, GONE = "asked", "held", "gone"
    STATES: ClassVar = ((ASKED, "asked"), (HELD, "held"), (GONE, "gone"))

    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="registrations", db_index=False)
    name = models.CharField(max_length=253)  # A-labels
    unicode = models.CharField(max_length=253, db_collation="de-x-icu")
    tld = models.CharField(max_length=63)
    holder = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    admin = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    tech = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    state = models.CharField(max_length=5, choices=STATES, default=ASKED)
    ends = models.DateField(null=True)  # as the registry says
    statuses = models.JSONField(default=list)  # the registry's words
    locked = models.BooleanField(default=False)  # against transfers
    code = models.TextField(blank=True)  # authorisation code, sealed (kernel.sealing)
    finding = models.CharField(
        max_length=100, blank=True
    )  # of the last look at the registry: an English sentence's key
    looked = models.DateTimeField(null=True)  # wall time of that
    created = models.DateTimeField()  # business time

    class Meta:
        indexes = [models.Index(fields=["customer", "unicode", "id"], name="registrar_customer_name")]
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=~models.Q(state="gone"), name="registrar_name_once")
        ]

    @property
    def place(self) -> Place:
        place: Place = self.customer.place
        return place

    @property
    def contacts(self) -> Contacts:
        return Contacts(self.holder.handle, self.admin.handle, self.tech.handle)

    def __str__(self) -> str:
        return DomainName(self.name).unicode


class Operation(models.Model):
    """One thing asked of a registry. Its life is journal.py's."""

    WAITING, SENT, PENDING = "waiting", "sent", "pending"
    DONE, REFUSED, STUCK = "done", "refused", "stuck"
    OPEN: ClassVar = (WAITING, SENT, PENDING)
    STATES: ClassVar = tuple((state, state) for state in (WAITING, SENT, PENDING, DONE, REFUSED, STUCK))

    uid = models.CharField(max_length=40, unique=True)  # clTRID
    registration = models.ForeignKey(Registration, models.CASCADE, related_name="operations", db_index=False)
    verb = models.CharField(max_length=20)  # tag of the request
    request = models.JSONField()  # driver.Asked, without an authorisation code
    code = models.TextField(blank=True)  # which lies here, sealed, until the operation has ended
    state = models.CharField(max_length=10, choices=STATES, default=WAITING)
    words = models.TextField(blank=True)  # the registry's
    answer = models.JSONField(null=True)  # driver.Answer
    tries = models.PositiveIntegerField(default=0)
    due = models.DateTimeField()  # wall time, as those that follow: not tried before
    actor = models.CharField(max_length=200)
    created = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["registration", "-id"], name="registrar_operation_last"),
            models.Index(
                fields=["due"],
                name="registrar_operation_due",
                condition=models.Q(state__in=["waiting", "sent", "pending"]),
            ),
        ]

    @property
    def place(self) -> Place:
        registration: Registration = self.registration
        return registration.place

    def __str__(self) -> str:
        return self.uid


class Notice(models.Model):
    """A message of a registry that was read: the same one may be delivered again."""

    number = models.CharField(max_length=64, unique=True)  # the registry's
    operation = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=253)
    done = models.BooleanField()
    words = models.TextField(blank=True)
    read = models.DateTimeField()  # wall time


class RegistryName(models.Model):
    """A name in the registry of the try-out (tryout.py), as are the tables that follow. The rest of its state is its date's."""

    name = models.CharField(max_length=253, unique=True)
    ends = models.DateField()
    deleted = models.DateField(null=True)
    report_due = models.DateField(null=True)  # restored, but not yet reported why
    ours = models.BooleanField(default=True)
    locked = models.BooleanField(default=False)
    contacts = models.JSONField()
    code = models.TextField()  # sealed


class RegistryPending(models.Model):
    """A request that it carries out later."""

    operation = models.CharField(max_length=64)
    name = models.CharField(max_length=253)
    request = models.TextField()  # JSON, sealed: a transfer's holds a code
    due = models.DateTimeField()  # business time


class RegistryMessage(models.Model):
    """What it has to tell, until that is acknowledged."""

    operation = models.CharField(max_length=64)
    name = models.CharField(max_length=253)
    done = models.BooleanField()
    words = models.TextField(blank=True)
    acknowledged = models.BooleanField(default=False)


class RegistryAccount(models.Model):
    """The house's money there, and what goes wrong next: [verb, fault] each, in the order of their happening."""

    cents = models.BigIntegerField()
    faults = models.JSONField(default=list)
