"""Customers' own access logs: opened beneath the customers' folder, following no link, appended to, cut off, rotated."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gasthof.slices.web.logsplit.journal import Mark

NAME = "access.log"
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Targets:
    """root, customers: the folder of all homes. largest: bytes after which a log is set aside; keep: how many of those stay."""

    def __init__(self, customers: Path, *, largest: int, keep: int) -> None:
        self._customers = customers
        self._largest, self._keep = largest, keep

    def mark(self, customer: str) -> Mark:
        """Its log as it is now, made if it is not there. OSError: the customer is not, or what is there is no log."""
        with self._folder(customer) as folder:
            self._rotate(folder)
            with _log(folder, _APPEND | os.O_CREAT) as descriptor:
                found = os.fstat(descriptor)
                return Mark(customer, found.st_ino, found.st_size)

    def append(self, mark: Mark, lines: bytes) -> None:
        with self._folder(mark.customer) as folder, _log(folder, _APPEND) as descriptor:
            left = memoryview(lines)
            while left:
                left = left[os.write(descriptor, left) :]

    def cut(self, mark: Mark) -> None:
        """Back to what it was when marked. A customer or log that is gone, or another by now, is left alone."""
        with suppress(OSError), self._folder(mark.customer) as folder, _log(folder, _APPEND) as descriptor:
            found = os.fstat(descriptor)
            if found.st_ino == mark.inode and found.st_size > mark.size:
                os.ftruncate(descriptor, mark.size)

    @contextmanager
    def _folder(self, customer: str) -> Iterator[int]:
        opened = [os.open(self._customers, _FOLDER)]
        try:
            for name in (customer, "logs"):
                opened.append(os.open(name, _FOLDER, dir_fd=opened[-1]))
            yield opened[-1]
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _rotate(self, folder: int) -> None:
        """access.log becomes access.log.1, that access.log.2, and so on up to a free place; the last one goes."""
        if not _exists(NAME, folder) or os.stat(NAME, dir_fd=folder, follow_symlinks=False).st_size < self._largest:
            return
        free = next((number for number in range(1, self._keep) if not _exists(_older(number), folder)), self._keep)
        for number in range(free, 0, -1):
            os.rename(_older(number - 1), _older(number), src_dir_fd=folder, dst_dir_fd=folder)


def _older(number: int) -> str:
    return f"{NAME}.{number}" if number else NAME


def _exists(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _log(folder: int, flags: int) -> Iterator[int]:
    descriptor = os.open(NAME, flags, 0o640, dir_fd=folder)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise OSError(f"{NAME} is not a plain file")
        group = _group(folder)
        if found.st_gid != group:
            os.fchown(descriptor, 0, group)
            os.fchmod(descriptor, 0o640)
        yield descriptor
    finally:
        os.close(descriptor)


def _group(folder: int) -> int:
    """The customer's: its logs' folder belongs to root and that group."""
    return os.fstat(folder).st_gid
