"""Notices of what will happen to services, the mails that carry them, and what mail servers said."""

from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.slices.lifecycle.queries import Service


class Notice(models.Model):
    """One for each of the policy's notices and each unpaid time of a service; the last one again, where what kept it is gone."""

    WAITING, DELIVERED, REFUSED, OVERTAKEN, NOBODY = "waiting", "delivered", "refused", "overtaken", "nobody"

    service = models.ForeignKey("lifecycle.Service", models.PROTECT, related_name="notices", db_index=False)
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, related_name="notices", db_index=False)
    first_unpaid = models.DateField()
    name = models.CharField(max_length=20)  # of lifecycle's rules.policy.NOTICES
    due = models.DateField()
    made = models.DateTimeField()  # business time, as all here
    state = models.CharField(
        max_length=10, default=WAITING
    )  # overtaken: a later one was due as well; nobody: no address
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)  # as it is shown in the customer centre
    end_named = models.DateField(null=True)  # the day of the deletion, as it is in this and in all mails that carry it
    displayed = models.DateTimeField(null=True)  # there, to somebody of the customer

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "first_unpaid", "name", "due"], name="notices_notice_once")
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="notices_notice_customer"),
            models.Index(
                fields=["id"], name="notices_notice_open", condition=models.Q(state__in=["waiting", "refused"])
            ),
        ]

    @property
    def place(self) -> Place:
        service: Service = self.service
        return service.place

    def __str__(self) -> str:
        return self.subject


class Delivery(models.Model):
    """A mail to one person, and how it ended."""

    SENT, REFUSED, GIVEN_UP = "sent", "refused", "given up"  # given up: no server took or refused it, for days

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries")
    mail = models.OneToOneField("access.OutgoingMail", models.SET_NULL, null=True, related_name="notice")
    address = models.CharField(max_length=320)
    state = models.CharField(max_length=10, blank=True)  # "": under way
    words = models.TextField(blank=True)  # the mail server's
    ended = models.DateTimeField(null=True)


class Round(models.Model):
    """A day up to which all notices were made."""

    day = models.DateField(unique=True)
    at = models.DateTimeField()
