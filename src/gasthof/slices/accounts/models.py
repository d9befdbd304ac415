"""Customers."""

from django.db import models


class Customer(models.Model):
    """A person or company; all that is theirs hangs below their number."""

    number = models.AutoField(primary_key=True)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=2)  # of pages and messages: de, en
    created = models.DateTimeField()  # business time

    class Meta:
        indexes = [models.Index(fields=["name"], name="accounts_customer_name")]

    def __str__(self) -> str:
        return self.name
