"""Periodic work of pages."""

from datetime import timedelta

from procrastinate.contrib.django import app

from gasthof.kernel.clock import SystemClock
from gasthof.ui.models import Bundle, Submission

KEPT = timedelta(days=7)  # as long as a token of changes (changes.LONGEST)


@app.periodic(cron="17 3 * * *")
@app.task(name="ui.forget", queueing_lock="ui.forget")
def forget(timestamp: int) -> None:
    """Drop what nobody sends a second time or follows any more. `timestamp` is the minute it was due at."""
    before = SystemClock().now() - KEPT
    Submission.objects.filter(at__lt=before).delete()
    Bundle.objects.filter(at__lt=before).delete()
