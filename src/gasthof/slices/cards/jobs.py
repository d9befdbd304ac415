"""Work with the card network that nobody waits for."""

from procrastinate.contrib.django import app

from gasthof.kernel.actions import SYSTEM_CLOCKS
from gasthof.slices.cards import drivers, following


@app.task(name=following.JOB)
def follow(payment: int) -> None:
    if network := drivers.network():
        following.follow(payment, network, SYSTEM_CLOCKS)


@app.periodic(cron="* * * * *")
@app.task(name="cards.go_on", queueing_lock="cards.go_on")
def go_on(timestamp: int) -> None:
    """What waits for the network, or lost its job. `timestamp` is the minute it was due at."""
    for payment in following.due(SYSTEM_CLOCKS.wall.now()):
        following.soon(payment)
