"""Periodic work of the control plane about domains."""

from time import monotonic

from procrastinate.contrib.django import app

from gasthof.kernel.actions import perform
from gasthof.kernel.permissions import SYSTEM
from gasthof.slices.domains.queries import lagging
from gasthof.slices.nodes.queries import moves

LONGEST = 40.0  # seconds of a minute: the worker has other work, too


@app.periodic(cron="* * * * *")
@app.task(name="domains.follow", queueing_lock="domains.follow")
def follow(timestamp: int) -> None:
    """Have domains follow machines that moved, in portions, until all have or the time is over. The next minute goes on.

    `timestamp` is the minute it was due at.
    """
    until = monotonic() + LONGEST
    while monotonic() < until and lagging(moves()).exists():
        perform(SYSTEM, "domains.follow", {})
