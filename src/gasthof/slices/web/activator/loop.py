"""One thread, one epoll: descriptors with what to do when they are ready, and moments with what to do then."""

import heapq
import itertools
import select
import time
from collections.abc import Callable

READABLE, HUNG_UP, WRITABLE = select.EPOLLIN, select.EPOLLHUP | select.EPOLLERR, select.EPOLLOUT


class Loop:
    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._ready: dict[int, Callable[[int], None]] = {}
        self._moments: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self.running = True

    def watch(self, descriptor: int, ready: Callable[[int], None], events: int = READABLE) -> None:
        """Call ready(events) whenever the descriptor is; a second call replaces the first."""
        if descriptor in self._ready:
            self._epoll.modify(descriptor, events)
        else:
            self._epoll.register(descriptor, events)
        self._ready[descriptor] = ready

    def forget(self, descriptor: int) -> None:
        if self._ready.pop(descriptor, None):
            self._epoll.unregister(descriptor)

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._moments, (time.monotonic() + seconds, next(self._count), call))

    def run(self) -> None:
        """Until running is set to False."""
        while self.running:
            for descriptor, events in self._epoll.poll(self._until_next()):
                if ready := self._ready.get(descriptor):  # an earlier one of this round may have forgotten it
                    ready(events)
            self._call_due()

    def _until_next(self) -> float:
        return max(0.0, self._moments[0][0] - time.monotonic()) if self._moments else 60.0

    def _call_due(self) -> None:
        now = time.monotonic()
        while self._moments and self._moments[0][0] <= now:
            heapq.heappop(self._moments)[2]()
