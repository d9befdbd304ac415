"""What php-fpm says before it has a log of its own: on a sheet of memory that cannot grow.

The master keeps it open and belongs to the customer, who can make it write: a file would fill the platform's disk.
"""

import fcntl
import os

SHEET = 16384  # bytes
WORDS = 4000  # characters that are kept


def paper() -> int:
    """A descriptor to write on (memfd_create(2)): sealed at its size. OSError: there is none to be had."""
    descriptor = os.memfd_create("words", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, SHEET)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return descriptor


def read(descriptor: int) -> str:
    words = os.pread(descriptor, SHEET, 0).replace(b"\0", b"").decode("utf-8", "replace").strip()
    return words[-WORDS:] or "php-fpm ended without a word"
