"""Proformas, what came in, what was decided, and the ledger. Rows of the ledger, receipts and events are written once."""

from typing import ClassVar

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.billing.rules.matching import Outcome


class House(models.Model):
    """What papers say of the house. A change is a new row, so that a receipt goes on saying what it said when it was issued."""

    since = models.DateTimeField()  # business time
    name = models.CharField(max_length=200)
    street = models.CharField(max_length=200)
    postcode = models.CharField(max_length=12)
    town = models.CharField(max_length=200)
    country = models.CharField(max_length=2)  # ISO 3166-1
    vat_number = models.CharField(max_length=14)
    accounts = models.JSONField(default=dict)  # currency -> [IBAN, BIC or ""]

    class Meta:
        indexes = [models.Index(fields=["since", "id"], name="billing_house_since")]

    def account(self, currency: str) -> tuple[str, str]:
        """IBAN and BIC; both empty where the house takes no money in that currency."""
        iban, bic = self.accounts.get(currency, ("", ""))
        return iban, bic


class Counter(models.Model):
    """A series without gaps: its row is locked until the number that was taken is committed."""

    name = models.CharField(max_length=20, primary_key=True)
    last = models.BigIntegerField(default=0)


class Proforma(models.Model):
    OPEN, PAID, CANCELLED, EXPIRED = "open", "paid", "cancelled", "expired"
    STATES: ClassVar = tuple((state, state) for state in (OPEN, PAID, CANCELLED, EXPIRED))

    number = models.BigIntegerField(primary_key=True)  # also its variable symbol
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="proformas")
    addressee = models.CharField(max_length=200, default="")  # the customer's name, as it was; "": as it is
    state = models.CharField(max_length=10, choices=STATES, default=OPEN)
    currency = models.CharField(max_length=3)
    net = models.BigIntegerField()  # minor units, as all amounts
    vat = models.BigIntegerField()
    received = models.BigIntegerField(default=0)  # allocations that were not released
    issued = models.DateTimeField()  # business time
    valid_until = models.DateField()  # the last day
    ended = models.DateTimeField(null=True)  # business time: paid, cancelled or expired
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-number"], name="billing_proforma_customer"),
            models.Index(fields=["number"], name="billing_proforma_open", condition=models.Q(state="open")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(received__gte=0, received__lte=models.F("net") + models.F("vat")),
                name="billing_received",
            )
        ]

    @property
    def total(self) -> int:
        return self.net + self.vat

    @property
    def place(self) -> Place:
        customer: Customer = self.customer
        return customer.place

    def __str__(self) -> str:
        return str(self.number)


class ProformaLine(models.Model):
    proforma = models.ForeignKey(Proforma, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    service = models.CharField(max_length=100, blank=True)  # key of what is paid for, opaque here; "": a fee
    title = models.CharField(max_length=200)
    net = models.BigIntegerField()
    vat = models.BigIntegerField()
    category = models.CharField(max_length=20)  # rules.vat.RATES
    rate = models.PositiveIntegerField()  # of 10,000
    valid_from = models.DateField()
    valid_until = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proforma", "position"], name="billing_line_position")]


class Statement(models.Model):
    account = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    opening = models.BigIntegerField()
    closing = models.BigIntegerField()
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of what it says
    uploaded = models.DateTimeField()  # business time


class BankBooking(models.Model):
    """rules.booking.Booking, and what was decided about it. No statement tells of what a card network collects (receiving.py)."""

    statement = models.ForeignKey(Statement, models.PROTECT, null=True, related_name="bookings")
    network = models.CharField(max_length=60, default="")  # that collected it, where no statement tells of it
    fingerprint = models.CharField(max_length=64, unique=True)
    booked = models.DateField()
    value = models.DateField()
    units = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    name = models.TextField(blank=True)
    iban = models.CharField(max_length=34, blank=True)
    symbol = models.CharField(max_length=10, blank=True)
    end_to_end = models.TextField(blank=True)
    text = models.TextField(blank=True)
    bank_id = models.TextField(blank=True)
    reversal = models.BooleanField()
    outcome = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Outcome])
    proposals = models.JSONField(default=list)  # [proforma's number, score, [reasons]], the likeliest first
    waits = models.BooleanField(default=False)  # for staff to say whose it is

    class Meta:
        indexes = [models.Index(fields=["id"], name="billing_booking_waits", condition=models.Q(waits=True))]

    @property
    def place(self) -> None:
        """Nobody's: it tells of whoever paid."""
        return None

    def __str__(self) -> str:
        return str(self.pk)


class Payment(models.Model):
    """A booking that is this customer's; negative when a payment was taken back."""

    BANK, CARD = "bank", "card"

    booking = models.OneToOneField(BankBooking, models.PROTECT, related_name="payment")
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="payments")
    units = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    way = models.CharField(max_length=4, default=BANK)  # a bank's account, or a card
    iban = models.CharField(max_length=34, blank=True)  # that it came from
    at = models.DateTimeField()  # business time: became known


class Allocation(models.Model):
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    proforma = models.ForeignKey(Proforma, models.PROTECT, related_name="allocations")
    units = models.BigIntegerField()
    released = models.BooleanField(default=False)  # the proforma ended unpaid, or the payment was taken back

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(units__gt=0), name="billing_allocation_positive")]


class LedgerAccount(models.Model):
    kind = models.CharField(max_length=12)  # rules.ledger.Kind
    currency = models.CharField(max_length=3)
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, null=True, related_name="ledger_accounts")
    name = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "currency", "customer", "name"], nulls_distinct=False, name="billing_account_once"
            )
        ]


class Posting(models.Model):
    what = models.CharField(max_length=12)  # received, assigned, settled, refunded
    about = models.CharField(max_length=40)  # "booking:12", "proforma:1000001"
    at = models.DateTimeField()  # business time

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "about"], name="billing_posting_once")]


class Entry(models.Model):
    posting = models.ForeignKey(Posting, models.PROTECT, related_name="entries")
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="entries")
    currency = models.CharField(max_length=3)  # its account's
    units = models.BigIntegerField()  # debit is positive


class Receipt(models.Model):
    number = models.CharField(max_length=20, unique=True)  # year and a number without gaps
    proforma = models.OneToOneField(Proforma, models.PROTECT, related_name="receipt")
    issued = models.DateTimeField()  # business time


class CreditNote(models.Model):
    number = models.CharField(max_length=20, unique=True)  # of the receipts' series
    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="credit_note")
    issued = models.DateTimeField()  # business time


class Settled(models.Model):
    """A line is paid: whoever looks after its service reads this, and renews once."""

    line = models.OneToOneField(ProformaLine, models.PROTECT, related_name="settled")
    service = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_until = models.DateField()
    at = models.DateTimeField()  # business time

    class Meta:
        indexes = [
            models.Index(fields=["service", "id"], name="billing_settled_service"),
            models.Index(fields=["at"], name="billing_settled_at"),
        ]


class Case(models.Model):
    """For support: money that is not simply the payment of something."""

    booking = models.OneToOneField(BankBooking, models.PROTECT, related_name="case")
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, null=True, related_name="billing_cases")
    proforma = models.ForeignKey(Proforma, models.PROTECT, null=True, related_name="cases")
    why = models.CharField(max_length=20)  # rules.matching.Outcome, or RETURN
    opened = models.DateTimeField()  # business time
    closed = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, default="")  # how it ended

    RETURN = "return"  # it is nobody's, and goes back to where it came from

    class Meta:
        indexes = [models.Index(fields=["id"], name="billing_case_open", condition=models.Q(closed=None))]

    @property
    def place(self) -> None:
        """The house's: the booking tells of whoever paid."""
        return None
