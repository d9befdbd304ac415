"""What pages remember for a while: which forms were sent, and changes too many for an address."""

from django.db import models


class Submission(models.Model):
    """A form that was done: sent a second time, it is answered as the first time."""

    key = models.CharField(max_length=64, primary_key=True)  # of actor, form and what was given; tells nothing of it
    location = models.TextField()
    at = models.DateTimeField(db_index=True)


class Bundle(models.Model):
    """Changes that somebody follows, where a token would be too long for an address."""

    key = models.CharField(max_length=32, primary_key=True)
    changes = models.JSONField()  # node, kind, key, revision of each
    at = models.DateTimeField(db_index=True)
