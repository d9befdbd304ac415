"""Websites, their further names, and protected directories."""

from django.db import models


class Site(models.Model):
    """The website of a domain."""

    domain = models.OneToOneField("domains.Domain", models.CASCADE, related_name="site")
    docroot = models.CharField(max_length=1000)  # relative to the subscription's folder
    preferred = models.CharField(max_length=253, null=True)  # A-labels of the name that the others lead to
    https_redirect = models.BooleanField(default=True)
    php = models.BooleanField(default=False)
    php_version = models.CharField(max_length=10, blank=True)
    php_settings = models.JSONField(default=dict)  # what differs from rules.PHP_SETTINGS
    front_controller = models.BooleanField(default=False)

    def __str__(self) -> str:
        return str(self.domain)


class Alias(models.Model):
    """A further host name of a site, its www name among them."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=253, unique=True)  # A-labels


class ProtectedDirectory(models.Model):
    """A directory that asks for name and password on every site that shows it."""

    subscription = models.ForeignKey("subscriptions.Subscription", models.PROTECT, db_index=False)
    path = models.CharField(max_length=1000)  # relative to the subscription's folder
    title = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscription", "path"], name="web_protected_path")]
        verbose_name_plural = "protected directories"


class ProtectedUser(models.Model):
    """Who may enter a protected directory."""

    directory = models.ForeignKey(ProtectedDirectory, models.CASCADE, related_name="users", db_index=False)
    name = models.CharField(max_length=64)
    hash = models.CharField(max_length=200)  # argon2id, PHC string

    class Meta:
        constraints = [models.UniqueConstraint(fields=["directory", "name"], name="web_protected_user")]
