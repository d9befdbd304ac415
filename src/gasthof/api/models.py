"""Answers that are given again when a program asks again."""

from django.db import models


class KeptAnswer(models.Model):
    """Of one request with an idempotency key. Only who has the token can read it: the seal's key is made from that (once.py)."""

    token = models.BigIntegerField()  # its number
    key = models.BinaryField(max_length=32)  # HMAC of the idempotency key
    request = models.BinaryField(max_length=32)  # HMAC of the verb and its fields
    answer = models.BinaryField()  # sealed
    created = models.DateTimeField(db_index=True)  # wall time

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="api_answer_once")]
