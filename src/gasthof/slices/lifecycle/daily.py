"""What is done as days begin: the sweep, and what comes of it. Business time alone counts."""

import time
from collections.abc import Iterator

from gasthof.kernel import rows
from gasthof.kernel.clock import Clocks
from gasthof.slices.lifecycle import explaining, rollout
from gasthof.slices.lifecycle.carrying import carry_out, waiting
from gasthof.slices.lifecycle.included import INCLUDED, include_all
from gasthof.slices.lifecycle.models import Event
from gasthof.slices.lifecycle.names import adopt
from gasthof.slices.lifecycle.putting_off import put_off
from gasthof.slices.lifecycle.sweeping import sweep

PATIENCE = 120.0  # seconds in which what a day brings is carried out, before a try-out's clock goes on
STUCK = 60.0  # seconds without anything done: what waits then, waits for somebody else
BETWEEN = 0.2  # seconds


def day_began(clocks: Clocks) -> Iterator[str]:
    """Hook: sweep, and wait until all of it is carried out or takes too long; it goes on by itself then."""
    now = clocks.business.now()
    yield from adopt(clocks)
    include_all(clocks)
    while rollout.go_on(now):
        pass
    swept = sweep(now, before=put_off)
    if swept.parked:
        yield str(explaining.PARKED[swept.parked])
    with rows.staff():
        moved = Event.objects.filter(at=now, what="phase").exclude(service__type__in=INCLUDED)
        events = list(moved.select_related("service__customer").order_by("id"))
    for event in events:
        yield f"{event.service.customer.name}, {event.service.name}: {explaining.PHASES[event.value]}"
    _carried_out(clocks)


def _carried_out(clocks: Clocks) -> None:
    begun = moved = time.monotonic()
    left = _once(clocks)
    while left and time.monotonic() < min(begun + PATIENCE, moved + STUCK):
        time.sleep(BETWEEN)
        before, left = left, _once(clocks)
        moved = moved if left == before else time.monotonic()


def _once(clocks: Clocks) -> int:
    """How much is left."""
    for _ in carry_out(clocks):
        pass
    return waiting()
