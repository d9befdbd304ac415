"""FTP users."""

from django.db import models

from gasthof.slices.ftp import rules


class FtpUser(models.Model):
    """Somebody who may transfer files, by FTP and SFTP, within one directory of a subscription."""

    subscription = models.ForeignKey("subscriptions.Subscription", models.PROTECT, db_index=False)
    name = models.CharField(max_length=30)
    directory = models.CharField(max_length=1000)  # relative to the subscription's folder
    hash = models.CharField(max_length=200)  # crypt(5): yescrypt

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscription", "name"], name="ftp_user_name")]
        verbose_name = "FTP user"

    @property
    def login(self) -> str:
        """What the user signs in with."""
        return rules.login(self.subscription.system_name, self.name)

    def __str__(self) -> str:
        return self.login
