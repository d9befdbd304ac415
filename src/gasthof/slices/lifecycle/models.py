"""Policies in their versions, services with all that the sweep goes by, holds, terminations, what happened, what is to be done."""

from dataclasses import replace

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from gasthof.kernel.permissions import Place
from gasthof.slices.lifecycle.rules.policy import ACTIVE


class PolicyVersion(models.Model):
    """A policy as it was taken; never changed, since services are pinned to it."""

    number = models.PositiveIntegerField(primary_key=True)
    text = models.TextField()  # TOML (rules.policy)
    taken = models.DateTimeField()  # business time, as all here
    by = models.CharField(max_length=120, blank=True, db_default="")  # as the audit trail names actors; "": it shipped


class Rollout(models.Model):
    """How far services were looked at, in the order of their numbers, whether they go over to a version."""

    policy = models.OneToOneField(PolicyVersion, models.CASCADE, primary_key=True, related_name="rollout")
    reached = models.BigIntegerField(default=0)  # the last service that was looked at
    moved = models.PositiveIntegerField(default=0)
    done = models.DateTimeField(null=True)  # all were, or a newer version was taken
    versions = ArrayField(models.PositiveIntegerField(), null=True)  # in use as it began; NULL: nobody has looked


class Step(models.Model):
    """A phase of an entry, compiled: rules.compiling.StepRow."""

    policy = models.ForeignKey(PolicyVersion, models.CASCADE, db_index=False)
    entry = models.CharField(max_length=80)
    nth = models.SmallIntegerField()
    kind = models.CharField(max_length=4)
    phase = models.CharField(max_length=20)
    start = models.IntegerField(null=True)
    does = models.CharField(max_length=20)
    notice_days = models.IntegerField()
    spares = models.BooleanField()
    serves = models.BooleanField(db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "entry", "nth"], name="lifecycle_step_once")]


class Follow(models.Model):
    """Where an entry stands while its parent is in that phase: rules.compiling.FollowRow."""

    policy = models.ForeignKey(PolicyVersion, models.CASCADE, db_index=False)
    entry = models.CharField(max_length=80)
    parent_phase = models.CharField(max_length=20)
    nth = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "entry", "parent_phase"], name="lifecycle_follow_once")
        ]


class NoticeStep(models.Model):
    """A notice of an entry: rules.compiling.NoticeRow."""

    policy = models.ForeignKey(PolicyVersion, models.CASCADE, db_index=False)
    entry = models.CharField(max_length=80)
    name = models.CharField(max_length=20)
    at = models.SmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "entry", "name"], name="lifecycle_notice_once")]


class Service(models.Model):
    """Something that a customer pays for, or that hangs on such a thing. Facts, then what the sweep made of them."""

    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="services", db_index=False)
    subscription = models.ForeignKey(
        "subscriptions.Subscription", models.SET_NULL, null=True, related_name="services", db_index=False
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children", db_index=False)
    type = models.CharField(max_length=20)  # rules.policy.TYPES
    tld = models.CharField(max_length=63, blank=True)  # A-label
    server_class = models.CharField(max_length=20, blank=True, db_default="")  # of the policy's; "": nobody has said
    name = models.CharField(max_length=253)  # A-label of a domain or a site, what a machine is called
    unicode = models.CharField(max_length=253)  # the same with umlauts
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, db_index=False)
    entry = models.CharField(max_length=80)  # of the policy
    created = models.DateTimeField()

    first_unpaid = models.DateField(null=True)
    registry_date = models.DateField(null=True)
    noticed = models.DateField(
        null=True
    )  # when the notice of deletion was delivered, for this unpaid time, since nothing keeps it
    spared = models.PositiveIntegerField(default=0)
    ends_on = models.DateField(null=True)  # of the termination that stands (refreshed with it)
    keeps = models.PositiveSmallIntegerField(default=0)  # of the holds that are on it: rules.facts.KEEPS
    held = models.BooleanField(db_default=False)  # one of these closes it: rules.facts.CLOSING
    takes = models.PositiveSmallIntegerField(db_default=0)  # what they take: rules.facts.mask

    nth = models.PositiveSmallIntegerField(default=0)
    phase = models.CharField(max_length=20, default=ACTIVE)
    ended = models.DateField(null=True)
    due_at = models.DateField(null=True)  # the next day on which time does something
    closed = models.BooleanField(db_default=False)  # by holds of its own or of what it belongs to, whatever its phase
    taken = models.PositiveSmallIntegerField(db_default=0)  # what these take of it: rules.facts.mask
    revision = models.PositiveIntegerField(default=0)  # rises with each phase, and as more or less is taken within one

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "name"], name="lifecycle_service_zone", condition=models.Q(type="dns", ended=None)
            ),
            models.UniqueConstraint(
                fields=["parent"], name="lifecycle_service_mail", condition=models.Q(type="hosting_mail", ended=None)
            ),
        ]
        # Whatever moves is written into each of them anew, as `due_at` is in one: so they are few, and leave out what nobody looks for.
        indexes = [
            models.Index(fields=["due_at"], name="lifecycle_service_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["customer", "-id"], name="lifecycle_service_customer"),
            models.Index(fields=["parent"], name="lifecycle_service_below", condition=models.Q(parent__isnull=False)),
            models.Index(
                fields=["subscription"], name="lifecycle_service_place", condition=models.Q(subscription__isnull=False)
            ),
            models.Index(
                fields=["entry", "first_unpaid"], name="lifecycle_service_expires", condition=models.Q(ended=None)
            ),
            models.Index(fields=["ended"], name="lifecycle_service_ended", condition=models.Q(ended__isnull=False)),
            GinIndex(
                OpClass(Upper("unicode"), name="gin_trgm_ops"),
                OpClass(Upper("name"), name="gin_trgm_ops"),
                name="lifecycle_service_search",
            ),
        ]

    @property
    def place(self) -> Place:
        return replace(self.customer.place, subscription=self.subscription_id)

    def __str__(self) -> str:
        return self.name


class Hold(models.Model):
    """rules.facts.Hold, with when it was put and lifted."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="holds", db_index=False)
    kind = models.CharField(max_length=12)  # rules.facts.PUT
    source = models.CharField(max_length=120)  # as the audit trail names actors
    case = models.CharField(max_length=60, blank=True)
    severity = models.PositiveSmallIntegerField()
    lifted_by = models.CharField(max_length=10)  # rules.facts.LIFTED_BY: the way in which it may be
    put = models.DateTimeField()
    lifted = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["service"], name="lifecycle_hold_on", condition=models.Q(lifted=None))]


class Termination(models.Model):
    """rules.facts.Termination. One at most stands for a service."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="terminations", db_index=False)
    effective = models.DateField()
    by = models.CharField(max_length=120)
    authorised = models.CharField(max_length=120)
    wished = models.DateTimeField()
    revoked = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service"], name="lifecycle_termination_one", condition=models.Q(revoked=None)
            )
        ]


class Event(models.Model):
    """What happened to a service. Written once: a trigger refuses to change or take away."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="events", db_index=False)
    revision = models.PositiveIntegerField()
    what = models.CharField(max_length=20)  # explaining.WHAT
    value = models.CharField(
        max_length=120
    )  # the phase, the hold's kind, a day, a version, what closes it: "own" or "parent"
    due = models.DateField()  # the day it was to be
    at = models.DateTimeField()  # when it was done

    class Meta:
        indexes = [models.Index(fields=["service", "-id"], name="lifecycle_event_last")]


class Work(models.Model):
    """Outbox: what is to be done to a daemon, a registry or a driver for a service, once for each revision."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="work", db_index=False)
    revision = models.PositiveIntegerField()
    action = models.CharField(max_length=20)  # rules.policy.ACTIONS, BESIDE
    target = models.CharField(max_length=120)  # whom it is for: the service's type
    at = models.DateTimeField()
    done = models.DateTimeField(null=True)
    archive = models.CharField(
        max_length=40, blank=True, db_default=""
    )  # the export that an end made before it removed anything
    words = models.TextField(blank=True, db_default="")  # why it could not be done yet

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "revision", "action", "target"], name="lifecycle_work_once")
        ]
        indexes = [models.Index(fields=["id"], name="lifecycle_work_open", condition=models.Q(done=None))]


class Sweep(models.Model):
    """A run of the sweep, done or parked."""

    day = models.DateField()
    at = models.DateTimeField()
    moved = models.PositiveIntegerField()
    ended = models.PositiveIntegerField()
    spared = models.PositiveIntegerField()  # services that were given days back
    parked = models.CharField(max_length=20, blank=True)  # rules.brake: why a person is asked
    waiting = models.PositiveIntegerField(default=0)  # services that would end, once a person agrees
    done = models.BooleanField()  # False: nothing at all was done
    approved_by = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-day", "-id"], name="lifecycle_sweep_last")]


class Calendar(models.Model):
    """That a customer's days can be followed at an address, whose secret is known to who was given it."""

    customer = models.OneToOneField("accounts.Customer", models.CASCADE, primary_key=True, related_name="calendar")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret
    made = models.DateTimeField()  # wall time
