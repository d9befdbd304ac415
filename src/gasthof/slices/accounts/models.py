"""Customers."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from gasthof.kernel.permissions import Place


class Customer(models.Model):
    """A person or company; all that is theirs hangs below their number."""

    number = models.AutoField(primary_key=True)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=2)  # of pages and messages: de, en
    created = models.DateTimeField()  # business time
    reseller = models.ForeignKey("self", models.PROTECT, null=True, related_name="customers")  # who looks after them
    resells = models.BooleanField(default=False)  # whether they may have customers of their own

    class Meta:
        indexes = [
            models.Index(fields=["name", "number"], name="accounts_customer_name"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="accounts_customer_search"),
        ]

    @property
    def place(self) -> Place:
        return Place(customer=self.number, reseller=self.reseller_id)

    def __str__(self) -> str:
        return self.name
