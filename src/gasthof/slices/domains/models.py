"""Domains, and every host name that somebody has claimed."""

from django.db import models

from gasthof.kernel.values import DomainName


class Domain(models.Model):
    """A domain of a subscription."""

    name = models.CharField(max_length=253, unique=True)  # A-labels
    subscription = models.ForeignKey("subscriptions.Subscription", models.PROTECT, related_name="domains")
    created = models.DateTimeField()  # business time
    followed = models.BigIntegerField(default=0)  # up to which change of machines' names and addresses (nodes.moves)

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
