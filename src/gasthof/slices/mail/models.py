"""Mail of domains: mailboxes, aliases and forwards. Within a domain all three share one name space."""

from django.db import models


class MailDomain(models.Model):
    """What a domain's mail is set to."""

    domain = models.OneToOneField("domains.Domain", models.CASCADE, related_name="mail")
    active = models.BooleanField(default=True)  # no: its mail is taken elsewhere
    catch_all = models.ForeignKey("mail.Mailbox", models.SET_NULL, null=True, related_name="+")


class Mailbox(models.Model):
    """A place where mail is kept, with a password."""

    domain = models.ForeignKey("domains.Domain", models.CASCADE, related_name="mailboxes", db_index=False)
    local = models.CharField(max_length=64)  # before the @, lower case
    title = models.CharField(max_length=100, blank=True)
    folder = models.CharField(max_length=80)  # of its own for ever: a later mailbox of the name has another
    hash = models.CharField(max_length=200)  # argon2id, PHC string
    quota_mb = models.PositiveIntegerField()
    forward_to = models.JSONField(default=list)  # addresses
    keep_copy = models.BooleanField(default=True)  # of what is forwarded
    vacation_on = models.BooleanField(default=False)  # the out-of-office note; its words stay when it is switched off
    vacation_subject = models.CharField(max_length=150, blank=True)
    vacation_text = models.TextField(blank=True)
    vacation_first = models.DateField(null=True)  # none: at once
    vacation_last = models.DateField(null=True)  # none: until it is switched off
    locked = models.BooleanField(db_default=False)  # by the house: no sign-in, nothing is sent; mail still comes in
    created = models.DateTimeField()  # business time

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "local"], name="mail_mailbox_name")]
        verbose_name_plural = "mailboxes"

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain.name}"


class Address(models.Model):
    """An alias of a mailbox, or a forward to addresses anywhere."""

    domain = models.ForeignKey("domains.Domain", models.CASCADE, related_name="mail_addresses", db_index=False)
    local = models.CharField(max_length=64)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, null=True, related_name="aliases")  # of an alias
    targets = models.JSONField(default=list)  # of a forward

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain", "local"], name="mail_address_name"),
            models.CheckConstraint(
                condition=models.Q(mailbox__isnull=True) | models.Q(targets=[]), name="mail_address_one_sort"
            ),
        ]
        verbose_name_plural = "addresses"

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain.name}"
