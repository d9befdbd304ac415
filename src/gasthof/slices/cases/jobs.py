"""Work of cases that nobody waits for."""

import logging

from procrastinate.contrib.django import app

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.cases.settling import AT_ONCE, unlock_paid

log = logging.getLogger("gasthof.cases")


@app.periodic(cron="*/10 * * * *")
@app.task(name="cases.go_on", queueing_lock="cases.go_on")
def go_on(timestamp: int) -> None:
    """`timestamp` is the minute it was due at."""
    at_once()


@app.task(name=AT_ONCE)
def at_once() -> None:
    for words in unlock_paid(SYSTEM_CLOCKS):
        log.info("unlocked, since its fee is paid: %s", words)
