"""Periodic work of the control plane about nodes."""

from procrastinate.contrib.django import app

from gasthof.kernel.clock import SystemClock
from gasthof.slices.nodes.watch import forget_previews, note_silence, remove_served, send_differing


@app.periodic(cron="* * * * *")
@app.task(name="nodes.watch", queueing_lock="nodes.watch")
def watch(timestamp: int) -> None:
    """Note nodes that fell silent, send again what digests found to differ, remove tombstones that have served, forget old
    previews.

    `timestamp` is the minute it was due at.
    """
    note_silence(SystemClock().now())
    forget_previews(SystemClock().now())
    send_differing()
    remove_served()
