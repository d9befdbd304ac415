"""Requests, what happened to each, and the codes that were mailed to confirm them."""

from dataclasses import asdict

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.requests import rules


class Request(models.Model):
    """What a customer asks for, about one service or none."""

    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="requests")
    service = models.ForeignKey("lifecycle.Service", models.PROTECT, null=True, related_name="requests")
    case = models.ForeignKey("cases.Case", models.PROTECT, null=True, related_name="requests")  # of what is mended
    kind = models.CharField(max_length=10)  # rules.KINDS
    state = models.CharField(max_length=10, default=rules.DRAFTED)
    on = models.DateField(null=True)  # the first day without the service that is to end
    onto = models.ForeignKey("lifecycle.Service", models.PROTECT, null=True, related_name="requests_onto")
    mail = models.BooleanField(default=False, db_default=False)  # of a server: with the mail of its domains
    words = models.TextField(blank=True)
    quote = models.JSONField(null=True)  # rules.Quote, as it was shown
    drafted = models.DateTimeField()  # business time, as all here but for codes
    written = models.DateTimeField()  # wall time: since then it says what it says
    confirmed = models.DateTimeField(null=True)
    proforma = models.OneToOneField("billing.Proforma", models.PROTECT, null=True, related_name="request_restored")
    restored = models.ForeignKey("lifecycle.Service", models.PROTECT, null=True, related_name="restored_by")

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-id"], name="requests_request_of"),
            models.Index(fields=["id"], name="requests_request_waiting", condition=models.Q(state__in=rules.FOR_STAFF)),
            models.Index(fields=["id"], name="requests_request_accepted", condition=models.Q(state=rules.ACCEPTED)),
        ]

    @property
    def place(self) -> Place:
        """The customer's as a whole: what ends or comes back is nobody's who looks after a part."""
        customer: Customer = self.customer
        return customer.place

    @property
    def offered(self) -> rules.Quote | None:
        if self.quote is None:
            return None
        return rules.Quote(**self.quote | {"lines": tuple(rules.Line(**line) for line in self.quote["lines"])})

    @offered.setter
    def offered(self, quote: rules.Quote | None) -> None:
        self.quote = asdict(quote) if quote else None

    @property
    def contents(self) -> bytes:
        """What a code confirms (rules.digest)."""
        return rules.digest(
            {
                "request": self.pk, "customer": self.customer_id, "service": self.service_id, "case": self.case_id, "kind": self.kind,
                "on": self.on.isoformat() if self.on else None, "words": self.words, "quote": self.quote,
                "onto": self.onto_id, "mail": self.mail,
            }
        )  # fmt: skip

    def __str__(self) -> str:
        return f"A-{self.pk}"


class Step(models.Model):
    """What was done with a request, or written. Written once: a trigger refuses to change or take away."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=12)  # wording.STEPS
    words = models.TextField(blank=True)
    by = models.CharField(max_length=120)  # as the audit trail names actors
    at = models.DateTimeField()


class Code(models.Model):
    """Confirms one request with the contents that it had. Whoever reads this table learns no code: it holds keyed digests."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="codes")
    user = models.ForeignKey("access.User", models.CASCADE, related_name="request_codes")
    digest = models.CharField(max_length=64)
    made = models.DateTimeField()  # wall time, as the other two
    expires = models.DateTimeField()
    spent = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "made"], name="requests_code_made")]
