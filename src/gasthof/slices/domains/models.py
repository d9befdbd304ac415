"""Domains, and every host name that somebody has claimed."""

from dataclasses import replace

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from gasthof.kernel.permissions import Place
from gasthof.kernel.values import DomainName


class Domain(models.Model):
    """A domain of a subscription."""

    name = models.CharField(max_length=253, unique=True)  # A-labels
    unicode = models.CharField(
        max_length=253, db_collation="de-x-icu"
    )  # the same in U-labels: lists are sorted and searched by it
    subscription = models.ForeignKey("subscriptions.Subscription", models.PROTECT, related_name="domains")
    customer = models.ForeignKey(
        "accounts.Customer", models.PROTECT, db_index=False
    )  # the subscription's, so that an index has it
    created = models.DateTimeField()  # business time
    followed = models.BigIntegerField(default=0)  # up to which change of machines' names and addresses (nodes.moves)

    class Meta:
        indexes = [
            models.Index(fields=["unicode"], name="domains_unicode"),
            models.Index(fields=["customer", "unicode"], name="domains_customer_unicode"),
            models.Index(fields=["subscription", "unicode"], name="domains_subscription_unicode"),
            GinIndex(fields=["unicode", "name"], opclasses=["gin_trgm_ops", "gin_trgm_ops"], name="domains_search"),
        ]

    @property
    def place(self) -> Place:
        return replace(self.subscription.place, domain=self.name)

    @property
    def value(self) -> DomainName:
        return DomainName(self.name)

    def __str__(self) -> str:
        return self.value.unicode


class Claim(models.Model):
    """A host name in use: a domain, its www name or an alias. One table, so that a name serves one customer only."""

    name = models.CharField(max_length=253, unique=True)  # A-labels
    reverse = models.TextField()  # DomainName.reverse: finds what lies below a name by its beginning
    customer = models.ForeignKey("accounts.Customer", models.PROTECT, db_index=False)
    domain = models.ForeignKey(Domain, models.CASCADE, related_name="claims")

    class Meta:
        indexes = [models.Index(fields=["reverse"], opclasses=["text_pattern_ops"], name="domains_claim_reverse")]
