"""The one log of all sites as nginx writes it, and its rotation: renamed, reopened by nginx, read to its end, removed."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from gasthof.slices.web.logsplit.journal import Journal


@dataclass(frozen=True)
class Source:
    """log: what nginx writes now; set aside, it has .old after its name, and .done when it only waits for its removal."""

    log: Path
    nginx_pid: Path
    largest: int  # bytes
    errors: Path | None = None  # nginx's own words; some are customers' (what PHP writes to its standard error)

    @property
    def old(self) -> Path:
        return self.log.with_name(self.log.name + ".old")

    @property
    def finished(self) -> Path:
        return self.log.with_name(self.log.name + ".done")

    def current(self) -> Path | None:
        """What is to be read: first what is set aside, so that each customer's lines stay in order."""
        return next((path for path in (self.old, self.log) if path.exists()), None)

    def set_aside(self) -> None:
        """Rename the log when it is large. The new one is made here: nginx would make it readable for all."""
        if not self.old.exists() and self.log.exists() and self.log.stat().st_size >= self.largest:
            self.log.rename(self.old)
        if self.old.exists() and not self.log.exists():
            self.log.touch(mode=0o600)
            self.reopen()

    def set_errors_aside(self) -> None:
        """One older file of them is kept."""
        if self.errors and self.errors.exists() and self.errors.stat().st_size >= self.largest:
            self.errors.rename(self.errors.with_name(self.errors.name + ".1"))
            self.settle_errors()

    def settle_errors(self) -> None:
        """At each start too: killed after the renaming, nginx would write to the older one for ever."""
        if self.errors and self.errors.with_name(self.errors.name + ".1").exists():
            self.errors.touch(mode=0o600)
            self.reopen()

    def released(self, path: Path) -> bool:
        """Whether path is set aside and nginx holds it no longer: it will not grow."""
        return path == self.old and not self._held(path)

    def remove(self, journal: Journal) -> None:
        """The set-aside log is split to its end. Its new name says so: killed after any step, the next start goes on from there."""
        if self.old.exists():
            self.old.rename(self.finished)
        if self.finished.exists():
            journal.forget(self.finished.stat().st_ino)
            self.finished.unlink()

    def reopen(self) -> None:
        """nginx opens its logs anew on USR1 (nginx.org, "Controlling nginx")."""
        if pid := self._master():
            os.kill(pid, signal.SIGUSR1)

    def _master(self) -> int | None:
        try:
            pid = int(self.nginx_pid.read_text())
            return pid if Path(f"/proc/{pid}/comm").read_text().strip() == "nginx" else None
        except (OSError, ValueError):
            return None

    def _held(self, path: Path) -> bool:
        pid = self._master()
        if pid is None:
            return False
        inode = path.stat().st_ino
        return any(_holds(process, inode) for process in (pid, *_children(pid)))


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _holds(pid: int, inode: int) -> bool:
    try:
        return any(_inode(link) == inode for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _inode(link: Path) -> int:
    try:
        return link.stat().st_ino
    except OSError:
        return 0
