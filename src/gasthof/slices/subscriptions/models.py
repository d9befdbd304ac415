"""Plans and the subscriptions on them."""

from django.db import models


class Plan(models.Model):
    """What a subscription may hold at most."""

    name = models.CharField(max_length=100, unique=True)
    domains = models.PositiveIntegerField()
    aliases = models.PositiveIntegerField()  # further host names, of each site
    protected_directories = models.PositiveIntegerField()
    php = models.BooleanField()
    mailboxes = models.PositiveIntegerField(default=100)
    mail_addresses = models.PositiveIntegerField(default=500)  # aliases and forwards
    mailbox_mb = models.PositiveIntegerField(default=5_000)  # the largest quota of a mailbox
    ftp_users = models.PositiveIntegerField(default=20)
    databases = models.PositiveIntegerField(default=20)
    dns_records = models.PositiveIntegerField(default=500)  # a customer's own, of each zone

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A customer's place on one node: a folder, a uid, and what stands below. Its row's lock orders all changes to it."""

    ACTIVE, SUSPENDED = "active", "suspended"

    number = models.AutoField(primary_key=True)
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="subscriptions")
    plan = models.ForeignKey(Plan, models.PROTECT)
    node = models.ForeignKey("nodes.Node", models.PROTECT)
    state = models.CharField(max_length=10, default=ACTIVE)
    created = models.DateTimeField()  # business time

    @property
    def system_name(self) -> str:
        """Its folder, its sockets: "s000012"."""
        return f"s{self.number:06d}"

    @property
    def uid(self) -> int:
        """Numeric; the gid is the same number. Never given out twice: numbers are not."""
        base: int = self.node.uid_base
        return base + self.number

    @property
    def suspended(self) -> bool:
        return self.state == self.SUSPENDED

    def __str__(self) -> str:
        return self.system_name
