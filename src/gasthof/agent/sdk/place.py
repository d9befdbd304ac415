# ruff: noqa: PTH105, PTH108, PTH123, PTH208
"""Root's own files and folders: staged beside their place, swapped in by rename, put back or settled.

While a swap is open, FILE.old is what lay there before, or FILE.none says that nothing did. They outlive a kill, so the next
attempt still knows what to put back. All parents are folders that only root writes.
"""

import ctypes
import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from gasthof.agent.sdk import acl
from gasthof.agent.sdk.customer import LIBC
from gasthof.agent.sdk.read import ABSENT, KEPT, STAGED, SUFFIXES, beside
from gasthof.agent.sdk.steps import MakeDirectory, RemoveFile, WriteFile

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FEW = 16  # paths up to which each is synced by itself; above, the whole file system at once (docs/decisions/0003)


def make_directory(step: MakeDirectory) -> None:
    """Make the folder, or set right the one that is there. FileExistsError (ENOTDIR) when something else is in its place."""
    with suppress(FileExistsError):
        step.path.mkdir(0o700)
    folder = os.open(step.path, FOLDER)
    try:
        os.fchown(folder, user_id(step.owner), group_id(step.group))
        os.fchmod(folder, step.mode)
        acl.write(folder, step.mode, step.enter)
    finally:
        os.close(folder)


def stage(step: WriteFile) -> None:
    """Write the next content beside the file."""
    staged = beside(step.path, STAGED)
    _discard(staged)
    with open(os.open(staged, NEW, 0o600), "wb") as handle:
        os.fchown(handle.fileno(), user_id(step.owner), group_id(step.group))
        os.fchmod(handle.fileno(), step.mode)
        handle.write(step.content)


def swap(step: WriteFile | RemoveFile) -> None:
    """Put the staged file in its place, or take the file away; what was there is kept beside it."""
    kept, absent = beside(step.path, KEPT), beside(step.path, ABSENT)
    if not os.path.lexists(kept) and not os.path.lexists(absent):
        try:
            os.link(step.path, kept, follow_symlinks=False)
        except FileNotFoundError:
            os.close(os.open(absent, NEW, 0o600))
    if isinstance(step, WriteFile):
        os.replace(beside(step.path, STAGED), step.path)
    else:
        _discard(step.path)


def put_back(step: WriteFile | RemoveFile) -> None:
    """As it was before the first swap that is still open; nothing to do if there is none."""
    _discard(beside(step.path, STAGED))
    if os.path.lexists(beside(step.path, ABSENT)):
        _discard(step.path)
        _discard(beside(step.path, ABSENT))
    with suppress(FileNotFoundError):
        os.replace(beside(step.path, KEPT), step.path)


def settle(step: WriteFile | RemoveFile) -> None:
    """The swap holds: forget what was before."""
    for suffix in SUFFIXES:
        _discard(beside(step.path, suffix))


def write(path: Path, content: bytes, mode: int, group: str | int) -> None:
    """Write or replace a file of root's at once, for what nothing serves yet."""
    step = WriteFile(path, content, mode, "root", group)
    stage(step)
    os.replace(beside(path, STAGED), path)


def remove_tree(path: Path) -> None:
    """Remove a folder of root's and all below it. Folders of others are not entered: they go only if they are empty."""
    try:
        above = os.open(path.parent, FOLDER)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        with suppress(FileNotFoundError):
            _remove_entry(above, path.name)
    finally:
        os.close(above)


def _remove_entry(above: int, name: str) -> None:
    found = os.stat(name, dir_fd=above, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=above)
        return
    if found.st_uid == 0:
        folder = os.open(name, FOLDER, dir_fd=above)
        try:
            for entry in os.listdir(folder):
                _remove_entry(folder, entry)
        finally:
            os.close(folder)
    os.rmdir(name, dir_fd=above)


def make_durable(paths: Iterable[Path], root: Path) -> None:
    """What was written to these paths, or removed from their folders, survives a power cut once this returns."""
    found = set(paths)
    places = {path.parent for path in found} | found
    if len(places) > FEW:
        sync_all(root)
        return
    for place in places:
        _with(place, os.fsync)


def sync_all(root: Path) -> None:
    """Everything on the file system of this folder. OSError as syncfs(2) says."""
    _with(root, _syncfs)


def _syncfs(descriptor: int) -> None:
    if LIBC.syncfs(descriptor):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _with(place: Path, sync: Callable[[int], object]) -> None:
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # removed
        return
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def user_id(owner: str | int) -> int:
    return owner if isinstance(owner, int) else pwd.getpwnam(owner).pw_uid


def group_id(group: str | int) -> int:
    return group if isinstance(group, int) else grp.getgrnam(group).gr_gid


def _discard(path: str | Path) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
