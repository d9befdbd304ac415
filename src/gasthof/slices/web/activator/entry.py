"""One pool as the activator sees it: its listener always, its master sometimes, and how often it has failed."""

from dataclasses import dataclass
from socket import socket

from gasthof.slices.web.activator.master import Master
from gasthof.slices.web.node.pool import Pool


@dataclass(eq=False)
class Entry:
    pool: Pool
    listener: socket
    master: Master | None = None
    failures: int = 0
    retry: float = 0.0  # monotonic; before it, visitors are refused
    words: str = ""  # php-fpm's own, of the last failure

    def describe(self, *, waits: bool) -> dict[str, object]:
        """What `list` says of it (docs/architecture.md). waits: for a place among the masters that may run."""
        described: dict[str, object] = {"state": "waiting" if waits else self._state}
        if self.master:
            described["pid"] = self.master.pid
        if self.failures:
            described |= {"failures": self.failures, "words": self.words}
        return described

    @property
    def _state(self) -> str:
        if self.master:
            return "running"
        return "failed" if self.failures else "idle"
