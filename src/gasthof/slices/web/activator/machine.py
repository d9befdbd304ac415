"""What this machine's kernel can do to keep customers apart. Tried, not read off a version; what is missing is said aloud."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from gasthof.slices.web.activator import callfilter, kernel

SENTENCES = {
    "rooms": "no mount namespaces: customers' PHP sees the machine's file tree, only file modes keep them apart",
    "processes": "no process namespaces: a customer sees other processes unless /proc hides them, and background processes survive",
    "memory": "no IPC namespaces: System V shared memory is one for all customers",
    "calls": "no seccomp filter on this machine: customers reach every system call",
    "hard_links": "fs.protected_hardlinks is 0: where file trees are shared, customers can make hard links to others' files",
    "symlinks": "fs.protected_symlinks is 0: links in shared sticky folders are followed",
    "budgets": "no memory controller (cgroups) in use: memory is limited for each process, not for each customer",
}


@dataclass(frozen=True)
class Machine:
    rooms: bool
    processes: bool
    memory: bool
    calls: bool
    hard_links: bool
    symlinks: bool
    budgets: bool = False  # the platform sets none yet

    def lacks(self) -> list[str]:
        """A sentence for each thing that is missing."""
        return [SENTENCES[name] for name, present in asdict(self).items() if not present]


def look() -> Machine:
    return Machine(
        rooms=_works(_try_room),
        processes=_works(_try_processes),
        memory=_works(lambda: kernel.unshare(kernel.CLONE_NEWIPC)),
        calls=callfilter.supported() and _works(_try_filter),
        hard_links=_setting("protected_hardlinks"),
        symlinks=_setting("protected_symlinks"),
    )


def _setting(name: str) -> bool:
    path = Path("/proc/sys/fs", name)
    return path.exists() and path.read_text().strip() != "0"


def _try_room() -> None:
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", "/proc", "tmpfs", 0, "size=4k")
    os.chdir("/proc")
    kernel.pivot_root(".", ".")


def _try_processes() -> None:
    kernel.unshare(kernel.CLONE_NEWPID | kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    if not _works(lambda: kernel.mount("proc", "/proc", "proc", 0)):
        raise OSError("no /proc of its own")


def _try_filter() -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    callfilter.install()


def _works(attempt: Callable[[], None]) -> bool:
    """Whether it succeeds, in a process of its own that ends with it."""
    child = os.fork()
    if child == 0:
        try:
            attempt()
        except OSError:
            os._exit(1)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
