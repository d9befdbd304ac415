# ruff: noqa: PTH101, PTH123
"""Work beneath a customer's folder, done as that customer: no path leads out, no link is followed where something is removed.

The folder itself lies in one that only root writes, so its own name is safe to open.
"""

import ctypes
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from gasthof.agent.sdk.customer import LIBC, acting_as

OPENAT2 = 437  # the same number on all architectures, openat2(2)
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 0x02, 0x04, 0x08
FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
ELSEWHERE = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
)  # no folder of that name, or a link: what it points to is not ours
BUSY = (*ELSEWHERE, errno.ENOTEMPTY, errno.EISDIR)  # the customer works in the same folder at this moment: look again
HINDERED = (*ELSEWHERE, errno.EACCES, errno.EPERM, errno.EEXIST, errno.EXDEV)  # what a customer's own doings come to
ATTEMPTS = 64  # openat2 answers EAGAIN while somebody renames on the way


class OutOfTime(Exception):
    """More is left to do than there was time for."""


class OpenHow(ctypes.Structure):
    """struct open_how of openat2(2)."""

    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_beneath(folder: int, path: str, flags: int, resolve: int = 0) -> int:
    """A descriptor for path, resolved beneath folder. OSError as open(2) and openat2(2) say; EXDEV when it leads out."""
    how = OpenHow(flags, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve)
    for _ in range(ATTEMPTS):
        found = int(LIBC.syscall(OPENAT2, folder, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how)))
        if found >= 0:
            return found
        if ctypes.get_errno() != errno.EAGAIN:
            break
    error = ctypes.get_errno()
    raise OSError(error, os.strerror(error), path)


@contextmanager
def opened(folder: int, path: str, flags: int = FOLDER, resolve: int = 0) -> Iterator[int]:
    descriptor = open_beneath(folder, path, flags, resolve)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def standing_in(root: Path, uid: int) -> Iterator[int]:
    """A descriptor for a customer's folder; within, this thread has that customer's rights."""
    descriptor = os.open(root, FOLDER | os.O_NOFOLLOW)
    try:
        with acting_as(uid):
            yield descriptor
    finally:
        os.close(descriptor)


def state(root: Path, path: str, uid: int) -> str:
    """ "missing", "empty", "filled", or "other" for what is no folder that the customer can read, a link to nothing, say.

    FileNotFoundError: root is missing.
    """
    with standing_in(root, uid) as folder:
        try:
            with opened(folder, path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as found:
                return "empty" if _is_empty(found) else "filled"
        except FileNotFoundError:
            return "other" if _dangles(folder, path) else "missing"
        except OSError:
            return "other"


def _dangles(folder: int, path: str) -> bool:
    """Whether the first name on the way that leads to nothing is there, as a link."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        part = "/".join(parts[:count])
        if not _opens(folder, part, FOLDER):
            return _opens(folder, part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    return False


def _opens(folder: int, path: str, flags: int) -> bool:
    try:
        with opened(folder, path, flags):
            return True
    except OSError:
        return False


def _is_empty(folder: int) -> bool:
    """Looks at the first entry only: customers' folders may hold millions."""
    with os.scandir(folder) as entries:
        return next(entries, None) is None


def make_directory(root: Path, path: str, uid: int, mode: int) -> None:
    """Make path and what is missing above it; a folder that is there is left alone. OSError where the customer may not."""
    parts = path.split("/")
    with standing_in(root, uid) as folder:
        for count in range(1, len(parts) + 1):
            _ensure(folder, "/".join(parts[:count]), mode)


def _ensure(folder: int, path: str, mode: int) -> None:
    try:
        with opened(folder, path):
            return
    except FileNotFoundError:
        pass
    above, _, name = path.rpartition("/")
    with opened(folder, above or ".") as parent:
        try:
            os.mkdir(name, mode, dir_fd=parent)
        except FileExistsError:
            with opened(folder, path):  # somebody made it meanwhile: fine if it is a folder beneath
                return


def write_first(root: Path, path: str, uid: int, content: bytes, mode: int) -> bool:
    """Write path, whole or not at all, if its folder is empty. Says whether it did."""
    above, _, name = path.rpartition("/")
    with (
        standing_in(root, uid) as folder,
        opened(folder, above or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as parent,
    ):
        if not _is_empty(parent):
            return False
        unnamed = os.open(".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, mode, dir_fd=parent)
        with open(unnamed, "wb") as handle:
            handle.write(content)
            handle.flush()
            try:
                os.link(f"/proc/self/fd/{unnamed}", name, dst_dir_fd=parent, follow_symlinks=True)
            except FileExistsError:
                return False
    return True


def make_durable(root: Path, path: str, uid: int) -> None:
    """What the customer's rights reach at path, and the folder above, survives a power cut. What is gone needs nothing."""
    with standing_in(root, uid) as folder:
        for place in (path, path.rpartition("/")[0] or "."):
            with suppress(OSError), opened(folder, place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC) as found:
                os.fsync(found)


def remove(root: Path, path: str, uid: int, seconds: float) -> bool:
    """Remove path (or, for "", all that root holds) as the customer. False: more is left after that many seconds.

    A path that is not there, or is reached by a link only, counts as removed. OSError where the customer may not.
    PermissionError where root is another customer's by now: numbers come again, and what is removed does not.
    """
    above, _, name = path.rpartition("/")
    until = time.monotonic() + seconds
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(standing_in(root, uid))
            _check_owner(folder, root, uid)
            parent = stack.enter_context(opened(folder, above or ".", resolve=RESOLVE_NO_SYMLINKS))
        except OSError as error:
            if error.errno not in ELSEWHERE:
                raise
            return True
        return _removed(parent, name, until)


def _check_owner(folder: int, root: Path, uid: int) -> None:
    """Root's own folders hold customers' ones, each with an owner of its own."""
    owner = os.fstat(folder).st_uid
    if owner not in (0, uid):
        words = f"it belongs to uid {owner} and not to uid {uid}, so nothing of it is removed"
        raise PermissionError(errno.EPERM, words, str(root))


def _removed(parent: int, name: str, until: float) -> bool:
    try:
        if name:
            _remove_entry(parent, name, until)
        else:
            _clear(parent, ".", until)
    except OutOfTime:
        return False
    except OSError as error:
        if error.errno not in BUSY:
            raise
        return not _is_there(parent, name or ".")
    return True


def _remove_entry(parent: int, name: str, until: float) -> None:
    if not _is_folder(parent, name):
        os.unlink(name, dir_fd=parent)
        return
    _clear(parent, name, until)
    os.rmdir(name, dir_fd=parent)


def _clear(parent: int, name: str, until: float) -> None:
    """Empty a folder without recursion: folders below folders are moved up here first, so depth costs nothing."""
    let_in(parent, name)
    top = os.open(name, LISTED, dir_fd=parent)
    try:
        while _pass_through(top, until):
            pass
    finally:
        os.close(top)


def _pass_through(top: int, until: float) -> bool:
    """One look at all that is there, entry by entry: a list of millions would take longer than there is time. False: empty."""
    found = False
    with os.scandir(top) as entries:
        for entry in entries:
            found = True
            _take_away(top, entry.name, until)
            _check_time(until)
    return found


def _check_time(until: float) -> None:
    """Asked after something was done, not before: so each slice gets on, however slow the machine is."""
    if time.monotonic() > until:
        raise OutOfTime


def _take_away(top: int, entry: str, until: float) -> None:
    try:
        if not _is_folder(top, entry):
            os.unlink(entry, dir_fd=top)
            return
        let_in(top, entry)
        below = os.open(entry, LISTED, dir_fd=top)
        try:
            _lift(top, below, until)
        finally:
            os.close(below)
        os.rmdir(entry, dir_fd=top)
    except OSError as error:
        if error.errno not in BUSY:
            raise


def _lift(top: int, below: int, until: float) -> None:
    with os.scandir(below) as entries:
        for entry in entries:
            if _is_folder(below, entry.name):
                let_in(below, entry.name)
                os.rename(entry.name, f".gone-{secrets.token_hex(8)}", src_dir_fd=below, dst_dir_fd=top)
            else:
                os.unlink(entry.name, dir_fd=below)
            _check_time(until)


def _is_there(parent: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _is_folder(parent: int, name: str) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def let_in(parent: int, name: str) -> None:
    """A customer's own folder without the customer's own rights: give them back, by descriptor, never through a link."""
    found = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    try:
        mode = stat.S_IMODE(os.fstat(found).st_mode)
        if mode & 0o700 != 0o700:
            os.chmod(f"/proc/self/fd/{found}", mode | 0o700)
    finally:
        os.close(found)
