"""The customers' folders as ProFTPD shall see them: a mount of its own on which no link is followed and nothing is executed.

ProFTPD enters a user's directory as root, some time after it has looked at the way there. The customer can replace each part of
that way meanwhile; root would follow a link to anywhere. Here the kernel follows none (mount(2), MS_NOSYMFOLLOW, Linux 5.10), and
loads no library that a customer laid where a program in that directory would look for one (MS_NOEXEC).
"""

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x0002_0000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_NOSYMFOLLOW = 2, 4, 8, 32, 256
MS_BIND, MS_REC, MS_SLAVE = 4096, 16384, 1 << 19
GUARDED = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW

_LIBC = ctypes.CDLL(None, use_errno=True)


def guard(folder: Path) -> None:
    """For this process and its children. OSError: the kernel does not do it, and ProFTPD must not start."""
    _checked(_LIBC.unshare(CLONE_NEWNS), "unshare")
    _mount("none", "/", MS_REC | MS_SLAVE)
    _mount(str(folder), str(folder), MS_BIND)
    _mount("none", str(folder), MS_REMOUNT | MS_BIND | GUARDED)


def _mount(source: str, target: str, flags: int) -> None:
    arguments = os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None
    _checked(_LIBC.mount(*arguments), target)


def _checked(result: int, what: str) -> None:
    if result:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), what)
