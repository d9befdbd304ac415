"""A customer's running php-fpm: how it is known again after the activator's death, and how it ends."""

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gasthof.slices.web.activator import last_words, process
from gasthof.slices.web.activator.listener import awaited
from gasthof.slices.web.activator.records import Record

DEAF = 20.0  # seconds


@dataclass(eq=False)
class Master:
    pid: int
    pidfd: int
    listener: socket.socket | None  # of its own: after a restart the pool has another one
    record: Record
    words: int | None = None  # a descriptor of last_words.paper(); an adopted master has none
    started: float = field(default_factory=time.monotonic)
    busy: float = field(default_factory=time.monotonic)  # when it last had workers
    heard: float = field(default_factory=time.monotonic)  # when it last had workers, or nobody waited
    fault: str = ""  # why it was ended, if that was a failure of its own
    ended: bool = False  # we ended it; its exit is no failure
    gone: list[Callable[[], None]] = field(default_factory=list)  # who wants to know when it is

    @property
    def age(self) -> float:
        return time.monotonic() - self.started

    def look(self) -> None:
        now = time.monotonic()
        working = bool(process.workers(self.pid))
        self.busy = now if working else self.busy
        self.heard = now if working or not self._awaited() else self.heard

    def end_if_deaf(self) -> None:
        """One that lets visitors wait and starts nobody, say because its log is a pipe that nobody reads, holds a place for nothing."""
        if not self.ended and time.monotonic() - self.heard > DEAF:
            self.fault = f"php-fpm has accepted nobody for {DEAF:.0f} seconds"
            self.kill()

    def wake(self) -> None:
        """The activator before this one may have died while it looked whether this one was idle."""
        process.send(self.pidfd, signal.SIGCONT)

    def end_if_idle(self) -> bool:
        """Ends it unless it works, or has just been started for somebody who still waits. Says whether it is ended."""
        if not self.ended and not self._awaited():
            self.ended = process.stop_if_idle(self.pid, self.pidfd)
        return self.ended

    def drained(self) -> bool:
        """Nobody waits in its socket and no worker serves. Only lasting where the socket's path leads elsewhere by now."""
        return not self._awaited() and not process.serving(self.pid)

    def _awaited(self) -> bool:
        return self.listener is not None and awaited(self.listener)

    def last_words(self) -> str:
        return self.fault or (last_words.read(self.words) if self.words is not None else "php-fpm ended")

    def kill(self) -> None:
        self.ended = True
        process.send(self.pidfd, signal.SIGKILL)
        if not _first_of_its_namespace(self.pid):
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)  # its workers would go on serving

    def close(self) -> None:
        """It is dead: reap it, forget it."""
        with suppress(ChildProcessError):  # another activator's child
            os.waitpid(self.pid, os.WNOHANG)
        os.close(self.pidfd)
        if self.words is not None:
            os.close(self.words)
        self.record.remove()


def _first_of_its_namespace(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
    except OSError:
        return True
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == "1"
