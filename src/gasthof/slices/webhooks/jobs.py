"""Work of webhooks that nobody waits for."""

from datetime import timedelta

from procrastinate.contrib.django import app

from gasthof.kernel.clock import SystemClock
from gasthof.slices.webhooks.models import Delivery, Event

KEPT = timedelta(days=30)  # what was sent, or could not be


@app.periodic(cron="41 3 * * *")
@app.task(name="webhooks.tidy", queueing_lock="webhooks.tidy")
def tidy(timestamp: int) -> None:
    """`timestamp` is the minute it was due at."""
    old = SystemClock().now() - KEPT
    Delivery.objects.filter(created__lt=old).delete()
    Event.objects.filter(created__lt=old).delete()
