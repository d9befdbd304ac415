"""Work of renewals that nobody waits for."""

import logging

from procrastinate.contrib.django import app

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.renewals import alarming, asking, carrying

log = logging.getLogger("gasthof.renewals")


@app.periodic(cron="*/10 * * * *")
@app.task(name="renewals.go_on", queueing_lock="renewals.go_on")
def go_on(timestamp: int) -> None:
    """`timestamp` is the minute it was due at."""
    carry_over()
    ask_due()


@app.task(name=carrying.AT_ONCE)
def carry_over() -> None:
    for words in carrying.carry_over(SYSTEM_CLOCKS):
        log.info("%s", words)


@app.task(name=asking.AT_ONCE)
def ask_due() -> None:
    for words in asking.ask_due(SYSTEM_CLOCKS):
        log.info("%s", words)


@app.periodic(cron="5-55/10 * * * *")  # between two rounds of the above, so that what these set going has had its time
@app.task(name="renewals.alarm", queueing_lock="renewals.alarm")
def alarm(timestamp: int) -> None:
    """What is paid and not open a day later."""
    for words in alarming.look(SYSTEM_CLOCKS):
        log.error("%s", words)
