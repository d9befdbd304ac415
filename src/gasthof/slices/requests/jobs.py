"""Work of requests that nobody waits for."""

import logging

from procrastinate.contrib.django import app

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.requests.carrying import AT_ONCE, restore_paid

log = logging.getLogger("gasthof.requests")


@app.periodic(cron="*/10 * * * *")
@app.task(name="requests.go_on", queueing_lock="requests.go_on")
def go_on(timestamp: int) -> None:
    """`timestamp` is the minute it was due at."""
    at_once()


@app.task(name=AT_ONCE)
def at_once() -> None:
    for words in restore_paid(SYSTEM_CLOCKS):
        log.info("%s", words)
