"""People who sign in, their one-time links, and the mails on their way to them."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.crypto import salted_hmac

from gasthof.kernel.permissions import Place
from gasthof.slices.access.values import Email

if TYPE_CHECKING:
    from django.contrib.auth.base_user import BaseUserManager


class User(AbstractBaseUser):
    """A person with an address and a password. What they may do is the business of queries.actor_of.

    `last_login` is set by Django itself, from the system's clock; nothing is decided by it.
    """

    OPERATOR, RESELLER, MEMBER = "operator", "reseller", "member"
    KINDS = ((OPERATOR, "operator"), (RESELLER, "reseller"), (MEMBER, "member"))

    email = models.CharField(max_length=320, unique=True)  # values.Email: one spelling for each mailbox
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=2)  # of pages and messages: de, en
    kind = models.CharField(max_length=10, choices=KINDS)
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, null=True, related_name="users")
    active = models.BooleanField(default=True)
    created = models.DateTimeField()  # wall time
    generation = models.PositiveIntegerField(default=0)  # of sessions: a higher one ends all that there are

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar["BaseUserManager[User]"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="access_user_customer",
                condition=models.Q(kind="operator", customer__isnull=True)
                | models.Q(kind__in=["reseller", "member"], customer__isnull=False),
            )
        ]

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Django's word for `active`: it knows nobody again who is not."""
        return self.active

    @property
    def place(self) -> Place | None:
        """Operators are nobody's."""
        return self.customer.place if self.customer else None

    @property
    def address(self) -> str:
        """E-mail address as people read it."""
        return Email(self.email).shown

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """A new password or generation is none that an older session knows: Django ends it when it is used."""
        value = f"{self.password}:{self.generation}"
        return salted_hmac("gasthof.access.session", value, secret=secret, algorithm="sha256").hexdigest()

    def __str__(self) -> str:
        return self.name


class OneTimeLink(models.Model):
    """A way in for one purpose and one use. Whoever reads this table learns no link: it holds their digests."""

    PASSWORD, EMAIL = "password", "email"
    PURPOSES = ((PASSWORD, "set a password"), (EMAIL, "confirm an address"))

    digest = models.BinaryField(max_length=32, unique=True)  # SHA-256 of the token's 32 bytes
    purpose = models.CharField(max_length=10, choices=PURPOSES)
    user = models.ForeignKey(User, models.CASCADE, related_name="links")
    detail = models.CharField(max_length=320, blank=True)  # the address to confirm
    created = models.DateTimeField()  # wall time, as the other two
    expires = models.DateTimeField()
    spent = models.DateTimeField(null=True)

    @property
    def shown(self) -> str:
        """The address to confirm, as people read it."""
        return Email(self.detail).shown


class OutgoingMail(models.Model):
    """A mail that the panel sends: written with what it tells of, sent by a job (jobs.py)."""

    QUEUED, SENT, FAILED = "queued", "sent", "failed"
    STATES = ((QUEUED, "queued"), (SENT, "sent"), (FAILED, "failed"))

    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="mails")
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=300)
    body = models.TextField(blank=True)  # sealed, as it may hold a link; emptied when it is sent or given up
    page = models.CharField(
        max_length=100, blank=True, db_default=""
    )  # template of an HTML part with the same words; none: plain text alone
    message_id = models.CharField(max_length=200, unique=True)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=STATES, default=QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    words = models.TextField(blank=True)  # what the mail server said last
    created = models.DateTimeField()  # wall time, as the others
    due = models.DateTimeField()  # not tried before
    ended = models.DateTimeField(null=True)  # sent or given up

    class Meta:
        indexes = [models.Index(fields=["due"], name="access_mail_due", condition=models.Q(state="queued"))]


class ApiToken(models.Model):
    """A program's way in, as the person who made it. Whoever reads this table learns no token: it holds their digests."""

    digest = models.BinaryField(max_length=32, unique=True)  # SHA-256 of the token's 32 bytes
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    maker = models.ForeignKey("self", models.CASCADE, null=True)  # the token that made it: it goes with that one
    name = models.CharField(max_length=100)
    verbs = models.JSONField(null=True)  # names of verbs and "LIST.list"; None: all that the person may do
    places = models.JSONField()  # kernel.permissions.Place, its parts that are not None; none: wherever they may
    created = models.DateTimeField()  # wall time, as the others
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True)  # to the minute
    last_address = models.CharField(max_length=45, blank=True)

    @property
    def within(self) -> tuple[Place, ...]:
        return tuple(Place(**parts) for parts in self.places)


class Role(models.Model):
    """A set of permissions that a customer has named. The ready-made ones are the slices' (kernel.registry.standard_roles)."""

    customer = models.ForeignKey("accounts.Customer", models.CASCADE, related_name="roles", db_index=False)
    name = models.CharField(max_length=60)
    permissions = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="access_role_name")]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """What role a customer's user has, and where: with all of the customer's things, or with one of them.

    What is named is above this slice's sight and may go: hooks take its assignments along.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="assignments")
    standard = models.CharField(max_length=60, blank=True)  # name of a ready-made role
    role = models.ForeignKey(
        Role, models.CASCADE, null=True, related_name="assignments"
    )  # or one of the customer's own
    subscription = models.IntegerField(null=True, db_index=True)
    domain = models.CharField(max_length=253, blank=True, db_index=True)  # A-labels
    mailbox = models.CharField(max_length=320, blank=True)  # address, A-labels

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "standard", "role", "subscription", "domain", "mailbox"],
                nulls_distinct=False,
                name="access_assignment_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role__isnull=True) ^ models.Q(standard=""), name="access_assignment_one_role"
            ),
        ]

    @property
    def scope(self) -> Place:
        """Where the role counts."""
        return Place(
            customer=self.user.customer_id,
            subscription=self.subscription,
            domain=self.domain or None,
            mailbox=self.mailbox or None,
        )

    @property
    def place(self) -> Place:
        """Where whoever gives it must be able to act."""
        return replace(self.scope, reseller=self.user.customer.reseller_id if self.user.customer else None)

    @property
    def role_name(self) -> str:
        return self.role.name if self.role else self.standard

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role_name}"
