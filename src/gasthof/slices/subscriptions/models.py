"""Plans, the subscriptions on them, and exports of those."""

from dataclasses import replace

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.subscriptions.rules import EDIT, WITHIN


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
    state = models.CharField(max_length=10, default=ACTIVE)  # suspended: its websites are off, for whatever reason
    paused = models.BooleanField(db_default=False)  # suspended by hand: it can do nothing
    withheld = models.JSONField(default=list)  # what of rules.ABILITIES its service's course takes
    created = models.DateTimeField()  # business time
    source = models.ForeignKey("Export", models.PROTECT, null=True, related_name="made_of_it")  # what it was made of

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
    def place(self) -> Place:
        return replace(self.customer.place, subscription=self.number)

    @property
    def suspended(self) -> bool:
        return self.state == self.SUSPENDED

    @property
    def editable(self) -> bool:
        """By its customer; staff change everything at any time."""
        return self.can(EDIT)

    def can(self, ability: str) -> bool:
        """One of rules.ABILITIES."""
        return not self.paused and not {ability, WITHIN.get(ability, ability)} & {*self.withheld}

    def __str__(self) -> str:
        return self.system_name


class Export(models.Model):
    """A subscription as it was: its settings here, its contents on the node. It outlives the subscription."""

    number = models.AutoField(primary_key=True)
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="exports")
    node = models.ForeignKey("nodes.Node", models.PROTECT)
    plan = models.ForeignKey(Plan, models.PROTECT)
    subscription = models.IntegerField(db_index=True)  # its number; it may be gone
    suspended = models.BooleanField()
    paused = models.BooleanField(db_default=False)  # by hand; of what was saved before this was kept, nobody knows
    limits = models.JSONField()  # the plan's, at that time
    settings = models.JSONField()  # slice -> what its `export` hook gave
    created = models.DateTimeField()  # business time

    @property
    def name(self) -> str:
        """Its folder on the node: "x000007"."""
        return f"x{self.number:06d}"

    @property
    def place(self) -> Place:
        return replace(self.customer.place, subscription=self.subscription)

    @property
    def system_name(self) -> str:
        """Of the subscription that it was made of."""
        return f"s{self.subscription:06d}"

    def __str__(self) -> str:
        return self.name
