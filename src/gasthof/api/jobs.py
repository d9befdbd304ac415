"""Periodic work of the API."""

from procrastinate.contrib.django import app

from gasthof.api.once import forget
from gasthof.kernel.clock import SystemClock


@app.periodic(cron="23 * * * *")
@app.task(name="api.forget", queueing_lock="api.forget")
def forget_answers(timestamp: int) -> None:
    """Answers that are too old to be given again. `timestamp` is the minute it was due at."""
    forget(SystemClock().now())
