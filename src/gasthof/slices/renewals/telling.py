"""Hooks: what others did that renewals have to follow, and what days bring."""

from collections.abc import Iterator, Sequence

from procrastinate.contrib.django import app

from gasthof.kernel.call import Call
from gasthof.kernel.capability import Alarm
from gasthof.kernel.clock import Clocks
from gasthof.kernel.models import AuditEntry
from gasthof.slices.renewals import alarming, asking, carrying, unpriced

PAYS = ("billing.",)
ENDS = ("lifecycle.terminate", "lifecycle.end_for_breach")
CHANGES = ("lifecycle.begin", "lifecycle.terminate", "lifecycle.revoke_termination")


def performed(_call: Call, entries: Sequence[AuditEntry]) -> None:
    """Paid lines wait for no minute, nor do services that are new or are to end."""
    verbs = [entry.verb for entry in entries]
    if any(verb.startswith(PAYS) for verb in verbs) and carrying.waiting():
        app.configure_task(carrying.AT_ONCE).defer()
    if any(verb in ENDS for verb in verbs):
        app.configure_task(carrying.AT_ONCE).defer()
    if any(verb in CHANGES for verb in verbs):
        app.configure_task(asking.AT_ONCE).defer()


def day_began(clocks: Clocks) -> Iterator[str]:
    yield from carrying.carry_over(clocks)
    yield from asking.ask_due(clocks)


def alarms() -> list[Alarm]:
    """What nobody can pay, then what is paid and not open."""
    return [*unpriced.alarms(), *alarming.alarms()]
