"""The few calls to Linux that Python 3.11 has no name for. Each raises OSError with the kernel's reason."""

import ctypes
import os

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000  # linux/sched.h

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8  # sys/mount.h
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MS_MOVE = 8192
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = (
    1,
    4,
    24,
    38,
    22,
)  # linux/prctl.h

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def enter_namespace(descriptor: int, kind: int) -> None:
    _checked(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    encoded = (
        os.fsencode(source),
        os.fsencode(target),
        kind and kind.encode(),
        ctypes.c_ulong(flags),
        data and data.encode(),
    )
    _checked(_libc.mount(*encoded), f"mount {target}")


def unmount(target: str) -> None:
    """Lazily: what is still open stays usable."""
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    _checked(_libc.pivot_root(os.fsencode(new), os.fsencode(old)), "pivot_root")


def prctl(option: int, argument: int = 0, pointer: object = 0) -> None:
    """prctl(2) with up to two arguments; the unused ones are zero, as the kernel demands."""
    second = pointer if pointer else ctypes.c_ulong(0)
    zero = ctypes.c_ulong(0)
    _checked(_libc.prctl(option, ctypes.c_ulong(argument), second, zero, zero), f"prctl {option}")


def take_descriptor(pidfd: int, number: int) -> int:
    """A copy of another process' open file (pidfd_getfd(2)); needs the right to trace it."""
    return _checked(_libc.pidfd_getfd(pidfd, number, 0), "pidfd_getfd")
