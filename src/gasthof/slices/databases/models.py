"""Customers' databases, their users, and who may do what where."""

from django.db import models


class Database(models.Model):
    """One database on one of the node's two servers."""

    subscription = models.ForeignKey("subscriptions.Subscription", models.PROTECT, related_name="databases")
    server = models.CharField(max_length=10)  # spec.Server
    name = models.CharField(max_length=63)  # whole, as the server knows it
    created = models.DateTimeField()  # business time

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "name"], name="databases_database_name")]

    @property
    def key(self) -> str:
        """As nodes and people name it: "mariadb/s000012_shop"."""
        return f"{self.server}/{self.name}"

    def __str__(self) -> str:
        return self.key


class DatabaseUser(models.Model):
    """Who signs in to one of the servers. The password is not kept, only what the server checks it by."""

    subscription = models.ForeignKey("subscriptions.Subscription", models.PROTECT, related_name="database_users")
    server = models.CharField(max_length=10)
    name = models.CharField(max_length=63)
    verifier = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "name"], name="databases_user_name")]

    @property
    def key(self) -> str:
        return f"{self.server}/{self.name}"

    def __str__(self) -> str:
        return self.key


class Grant(models.Model):
    """What a user may do in one database."""

    user = models.ForeignKey(DatabaseUser, models.CASCADE, related_name="grants", db_index=False)
    database = models.ForeignKey(Database, models.CASCADE, related_name="grants")
    rights = models.CharField(max_length=10)  # spec.Rights

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "database"], name="databases_grant_once")]
