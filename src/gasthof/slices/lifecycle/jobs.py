"""Work of lifecycle that nobody waits for."""

import logging

from django.conf import settings
from procrastinate.contrib.django import app

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.lifecycle import rollout
from gasthof.slices.lifecycle.auditing import audit
from gasthof.slices.lifecycle.carrying import AT_ONCE, carry_out
from gasthof.slices.lifecycle.included import include_all
from gasthof.slices.lifecycle.names import adopt
from gasthof.slices.lifecycle.putting_off import put_off
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.lifecycle.sweeping import sweep

log = logging.getLogger("gasthof.lifecycle")


@app.periodic(cron="* * * * *")
@app.task(name="lifecycle.go_on", queueing_lock="lifecycle.go_on")
def go_on(timestamp: int) -> None:
    """`timestamp` is the minute it was due at."""
    swept = sweep(SYSTEM_CLOCKS.business.now(), before=put_off)
    if swept.parked:
        log.error("the sweep of %s waits for a person: %s", swept.day, swept.parked)
    for words in adopt(SYSTEM_CLOCKS):
        log.info("%s", words)
    at_once()
    go_over()


@app.task(name=AT_ONCE)
def at_once() -> None:
    """What a payment has opened again waits for no minute."""
    for words in carry_out(SYSTEM_CLOCKS):
        log.info("%s", words)


@app.task(name=rollout.JOB)
def go_over() -> None:
    """To a version of the policy that was taken."""
    while rollout.go_on(SYSTEM_CLOCKS.business.now()):
        pass


@app.periodic(cron="13 3 * * *")
@app.task(name="lifecycle.include", queueing_lock="lifecycle.include")
def include(timestamp: int) -> None:
    """What is included in services: what two changes at once may have missed, and what there was before this was kept."""
    log.info("%d services were begun or linked that are included in others", include_all(SYSTEM_CLOCKS))


@app.periodic(cron="23 3 * * *")
@app.task(name="lifecycle.audit", queueing_lock="lifecycle.audit")
def nightly(timestamp: int) -> None:
    """All services against the pure function; what differs is told, never repaired."""
    found = audit(day_of(SYSTEM_CLOCKS.business.now(), settings.TIME_ZONE))
    for difference in found.differences:
        log.error("services stand elsewhere than they should: %s", difference)
    for service in found.loose:
        log.error("service %d: its holds or its termination say something else than its row", service)
