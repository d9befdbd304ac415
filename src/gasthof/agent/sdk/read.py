# ruff: noqa: PTH123
"""Facts about managed paths: what lies there, whose it is, what it holds. Nothing is followed, nothing is changed.

For root's own folders only: their parents are out of customers' reach, so a path names the same thing twice.
"""

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from gasthof.agent.sdk import acl

STAGED, KEPT, ABSENT = ".new", ".old", ".none"  # beside a managed file: its next content; what it was; that it was not
SUFFIXES = (STAGED, KEPT, ABSENT)
LARGEST = 64 * 1024 * 1024  # bytes; no managed file is larger

What = Literal["missing", "file", "directory", "other"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One path as it is. Owner and group are names, or numbers where the machine knows no name."""

    what: What = "missing"
    mode: int = 0
    uid: int = 0
    gid: int = 0
    owner: str | int = ""
    group: str | int = ""
    digest: str = ""  # of a file's content: SHA-256, hex
    access: bytes = b""  # of a directory: its access list beyond the mode
    unsettled: bool = False  # a swap of this file was begun, and neither kept nor put back


MISSING = Fact()


@lru_cache(maxsize=4096)
def user_name(uid: int) -> str | int:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return uid


@lru_cache(maxsize=4096)
def group_name(gid: int) -> str | int:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return gid


def beside(path: Path, suffix: str) -> str:
    """The name next to a managed file that carries this meaning."""
    return f"{path}{suffix}"


def file(path: Path) -> tuple[Fact, bytes]:
    """A managed file and its content; content is empty where there is no regular file."""
    name = str(path)
    unsettled = any(os.path.lexists(f"{name}{suffix}") for suffix in SUFFIXES)
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return Fact(unsettled=unsettled), b""
    except OSError:  # a link (ELOOP), a socket (ENXIO)
        return Fact("other", unsettled=unsettled), b""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        return _fact("other", found, unsettled=unsettled), b""
    with open(descriptor, "rb", buffering=0) as handle:  # a bound on each read would take that much memory first
        content = handle.readall() if found.st_size <= LARGEST else handle.read(LARGEST)
    return _fact("file", found, digest=sha256(content).hexdigest(), unsettled=unsettled), content


def fact(path: Path) -> Fact:
    """Only what `file` tells about a path, for callers who need no content."""
    return file(path)[0]


def directory(path: Path) -> Fact:
    """A folder with its access list; a link to a folder is "other"."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    if not stat.S_ISDIR(found.st_mode):
        return _fact("other", found)
    return _fact("directory", found, access=acl.read(str(path)))


def _fact(what: What, found: os.stat_result, *, digest: str = "", access: bytes = b"", unsettled: bool = False) -> Fact:
    mode, uid, gid = stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid
    return Fact(what, mode, uid, gid, user_name(uid), group_name(gid), digest, access, unsettled)
