"""ProFTPD's sessions as the kernel shows them, and ending those of a user who may not go on as before. Standard library only.

A session's process is titled "proftpd: LOGIN - CLIENT: COMMAND" and has the user's directory for its root; until somebody has
signed in, "proftpd: connected: ..." and the machine's.
"""

import os
import re
import select
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gasthof.agent.sdk.ask import Reply
from gasthof.prefix import Prefix
from gasthof.slices.ftp.node.configuration import EXECUTABLE
from gasthof.slices.ftp.rules import LOGIN, parts

TITLE = re.compile(r"proftpd: (" + LOGIN.pattern + r") - ")
ENTERING = re.compile(r"proftpd: connected: ")
PATIENCE = 0.1  # seconds for a session to end by itself
DOORWAY = 0.25  # seconds for one that signs in at this moment with what it looked up before


@dataclass(frozen=True)
class Sessions:
    """Verb "end", argument a login: when it answers, no session of that user runs that began before."""

    prefix: Prefix

    def ask(self, _verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        logins = set(arguments)
        until = time.monotonic() + DOORWAY
        self._end(logins)
        while _somebody_enters() and time.monotonic() < until:
            time.sleep(0.02)
            self._end(logins)
        return {login: Reply() for login in arguments}

    def _end(self, logins: set[str]) -> None:
        ending = list(self._descriptors(logins))
        try:
            for found in ending:
                _tell(found, signal.SIGTERM)
            for found in _left(ending):
                _tell(found, signal.SIGKILL)
        finally:
            for found in ending:
                os.close(found)

    def _descriptors(self, logins: set[str]) -> Iterator[int]:
        """Of each session's process. Opened before the second look, so that nobody else can have its number."""
        for pid in _processes():
            if self.login(pid) not in logins:
                continue
            with suppress(ProcessLookupError):
                found = os.pidfd_open(pid)
                if self.login(pid) in logins:
                    yield found
                else:
                    os.close(found)

    def login(self, pid: int) -> str | None:
        """Who is signed in, if this process is a session in one of this installation's directories."""
        match = TITLE.match(_title(pid))
        found = parts(match[1]) if match else None
        if not match or not found or not _root(pid).is_relative_to(self.prefix.home(found[0])):
            return None
        return match[1]


def _processes() -> Iterator[int]:
    """ProFTPD's, of whatever installation."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - thousands of entries, a number each
        if name.isdigit() and _link(f"/proc/{name}/exe").removesuffix(" (deleted)") == EXECUTABLE:
            yield int(name)


def _somebody_enters() -> bool:
    return any(ENTERING.match(_title(pid)) for pid in _processes())


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _root(pid: int) -> Path:
    return Path(_link(f"/proc/{pid}/root"))


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return ""


def _tell(found: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(found, number)


def _left(ending: Sequence[int]) -> list[int]:
    """Those that have not ended in time."""
    waiting = set(ending)
    until = time.monotonic() + PATIENCE
    while waiting and (left := until - time.monotonic()) > 0:
        waiting -= set(select.select(list(waiting), [], [], left)[0])
    return list(waiting)
