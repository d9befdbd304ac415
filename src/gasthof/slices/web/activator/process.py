"""What /proc tells of a php-fpm master (proc(5)), and how it is stopped without losing a request."""

import platform
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
# The numbers of accept and accept4: a worker that waits there serves nobody.
_ACCEPT = {"x86_64": ("43", "288"), "aarch64": ("202", "242")}.get(platform.machine(), ())


@dataclass(frozen=True)
class Identity:
    """A process beyond the reuse of its number."""

    pid: int
    started: str  # ticks since boot

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """OSError: no such process."""
        return cls(pid, _stat(pid)[19])


def boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def workers(pid: int) -> list[int]:
    """Children that are php-fpm themselves. What a request left in the background does not count."""
    try:
        name = (PROC / str(pid) / "comm").read_text()
        return [child for child in _children(pid) if _name(child) == name]
    except OSError:
        return []


def serving(pid: int) -> bool:
    """Whether any worker is beyond waiting for a connection. Where the kernel will not say: yes."""
    return any(_beyond_accept(worker) for worker in workers(pid))


def stop_if_idle(pid: int, pidfd: int) -> bool:
    """Ends a master that has no workers, and says whether it did.

    Asked to quit, php-fpm now and then resets a connection that comes at that moment. A stopped master starts no worker, so
    looking and ending are one step: a connection that comes now waits in the socket, which the activator holds as well.
    """
    send(pidfd, signal.SIGSTOP)
    idle = _wait_for_stop(pid) and not workers(pid)
    send(pidfd, signal.SIGKILL if idle else signal.SIGCONT)
    return idle


def send(pidfd: int, number: signal.Signals) -> None:
    """A signal, which one that is dead needs no more: the loop is about to hear of its end."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, number)


def _wait_for_stop(pid: int) -> bool:
    until = time.monotonic() + 0.05
    while time.monotonic() < until:
        try:
            if _stat(pid)[0] in "TtZX":
                return True
        except OSError:
            return True
        time.sleep(0.0002)
    return False


def _stat(pid: int) -> list[str]:
    """Fields from the state on (proc(5) counts it as the third); a command's name may hold anything, brackets too."""
    return (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()


def _children(pid: int) -> list[int]:
    listed = PROC / str(pid) / "task" / str(pid) / "children"
    try:
        return [int(child) for child in listed.read_text().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [int(path.name) for path in PROC.iterdir() if path.name.isdigit() and _parent(int(path.name)) == pid]


def _parent(pid: int) -> int:
    try:
        return int(_stat(pid)[1])
    except OSError:
        return 0


def _name(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text()
    except OSError:
        return ""


def _beyond_accept(pid: int) -> bool:
    try:
        return (PROC / str(pid) / "syscall").read_text().split()[0] not in _ACCEPT
    except FileNotFoundError:
        return False
    except OSError:
        return True
