# ruff: noqa: PTH101, PTH208
"""The opposite of sdk/pack.py: what lies below a customer's folder becomes what an archive holds, with the customer's rights.

All of it is laid down in a folder of its own below the customer's and made durable; then entry after entry changes places with what
was there. Whenever it is broken off, doing it again from the start ends in the same state.
"""

import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast

from gasthof.agent.sdk import beneath, place
from gasthof.agent.sdk.beneath import ELSEWHERE, FOLDER, LISTED, RESOLVE_NO_SYMLINKS, opened
from gasthof.agent.sdk.customer import acting_as
from gasthof.agent.sdk.pack import ARRIVING, BLOCK, LONGEST_PATH, NEW

REMOVING = 600.0  # seconds for what was there before
COMING, LEAVING = f"{ARRIVING}/new", f"{ARRIVING}/old"


def unpack(archive: Path, root: Path, uid: int, keep: frozenset[str] = frozenset()) -> None:
    """Make what lies below `root` (its own name is root's) what the archive holds. ValueError: it is none of pack's.

    Files in folders of the names in `keep` stay, besides those of the archive: mail that came in the meantime.
    """
    with archive.open("rb") as source, _reading(source.fileno()) as tar:
        _stay(root, uid, keep)
        _remove(root, uid)
        beneath.make_directory(root, COMING, uid, 0o700)
        beneath.make_directory(root, LEAVING, uid, 0o700)
        with beneath.standing_in(root, uid) as top, opened(top, COMING) as coming:
            _lay_down(tar, Layer(coming, uid, source.fileno()))
        _finish_folders(archive, root, uid, COMING)
        place.sync_all(root)
        with beneath.standing_in(root, uid) as top:
            _change_places(top)
        _stay(root, uid, keep)
        _finish_folders(archive, root, uid, ".")
        place.sync_all(root)
    _remove(root, uid)


@dataclass
class Layer:
    """Lays down one entry after the other, as the customer. Keeps the folder open that it is working in."""

    top: int
    uid: int
    source: int
    above: str = ""
    parent: int = -1

    def lay(self, info: tarfile.TarInfo) -> None:
        path = checked(info.name)
        above, _, name = path.rpartition("/")
        parent = self._folder(above)
        if info.isdir():
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=parent)
        elif info.issym():
            os.symlink(info.linkname, name, dir_fd=parent)
            self._own_link(parent, name, info)
        elif info.islnk():
            self._link(checked(info.linkname), parent, name)
        elif info.isreg():
            self._file(parent, name, info)
        else:
            raise ValueError(f"entry of an unknown type: {info.type!r}")

    def close(self) -> None:
        if self.parent >= 0:
            os.close(self.parent)
            self.parent = -1

    def _folder(self, path: str) -> int:
        if self.parent < 0 or path != self.above:
            self.close()
            self.parent, self.above = _made(self.top, path), path
        return self.parent

    def _own_link(self, parent: int, name: str, info: tarfile.TarInfo) -> None:
        if info.gid == info.uid:
            os.chown(name, -1, self.uid, dir_fd=parent, follow_symlinks=False)
        times = _times(info)
        os.utime(name, ns=(times, times), dir_fd=parent, follow_symlinks=False)

    def _link(self, target: str, parent: int, name: str) -> None:
        above, _, first = target.rpartition("/")
        with opened(self.top, above or ".", resolve=RESOLVE_NO_SYMLINKS) as folder:
            os.link(first, name, src_dir_fd=folder, dst_dir_fd=parent, follow_symlinks=False)

    def _file(self, parent: int, name: str, info: tarfile.TarInfo) -> None:
        file = os.open(name, NEW, 0o600, dir_fd=parent)
        try:
            read = info.offset_data
            for at, length in _pieces(info) or [(0, info.size)]:
                self._copy(file, read, at, length)
                read += length
            os.ftruncate(file, info.size)
            if info.gid == info.uid:
                os.fchown(file, -1, self.uid)
            os.fchmod(file, info.mode & 0o777)
            times = _times(info)
            os.utime(file, ns=(times, times))
        finally:
            os.close(file)

    def _copy(self, file: int, read: int, at: int, length: int) -> None:
        os.lseek(file, at, os.SEEK_SET)
        while length:
            sent = os.sendfile(file, self.source, read, min(length, 1 << 30))
            if not sent:
                raise ValueError("the archive ends too early")
            read, length = read + sent, length - sent


def _made(top: int, path: str) -> int:
    """A descriptor of the folder, made with all above it where it is missing."""
    try:
        return beneath.open_beneath(top, path or ".", FOLDER, RESOLVE_NO_SYMLINKS)
    except FileNotFoundError:
        above, _, name = path.rpartition("/")
        folder = _made(top, above)
        try:
            os.mkdir(name, 0o700, dir_fd=folder)
        finally:
            os.close(folder)
        return _made(top, path)


def checked(name: str) -> str:
    """A relative path without empty parts, "." or ".."; else ValueError."""
    parts = name.split("/")
    if parts[0] == ARRIVING or {"", ".", ".."} & set(parts) or "\0" in name:
        raise ValueError(f"a path that leads elsewhere: {name[:200]!r}")
    if len(os.fsencode(name)) > LONGEST_PATH:
        raise ValueError(f"a path that is too long: {name[:200]!r}")
    return name


@contextmanager
def _reading(source: int) -> Iterator[tarfile.TarFile]:
    try:
        with (
            os.fdopen(os.dup(source), "rb") as handle,
            tarfile.TarFile(fileobj=handle, encoding="utf-8", errors="surrogateescape") as tar,
        ):
            yield tar
    except tarfile.TarError as error:
        raise ValueError(f"no archive of ours: {error}") from error


def entries(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """One after the other, without keeping them."""
    while (info := tar.next()) is not None:
        parts = _pieces(info)
        if parts is not None:  # what is stored ends elsewhere than its size says
            stored = sum(length for _, length in parts)
            tar.offset = info.offset_data + stored + -stored % BLOCK
        tar.members.clear()  # type: ignore[attr-defined] # it would keep millions
        yield info


def _pieces(info: tarfile.TarInfo) -> list[tuple[int, int]] | None:
    """Where a sparse file holds data; typeshed takes it for bytes."""
    return cast("list[tuple[int, int]] | None", info.sparse)


def _lay_down(tar: tarfile.TarFile, layer: Layer) -> None:
    try:
        for info in entries(tar):
            layer.lay(info)
    finally:
        layer.close()


def _finish_folders(archive: Path, root: Path, uid: int, where: str) -> None:
    """Modes and times, which end that anything more can be put there. Those at the top keep their owner's rights until
    they have been moved: rename(2) needs them.
    """
    with archive.open("rb") as source, _reading(source.fileno()) as tar:
        top = os.open(root, FOLDER | os.O_NOFOLLOW)
        try:
            for info in entries(tar):
                outermost = "/" not in info.name
                if info.isdir() and (where == COMING or outermost):
                    _finish(top, f"{where}/{info.name}", uid, info, 0o700 if outermost and where == COMING else 0)
        finally:
            os.close(top)


def _finish(top: int, path: str, uid: int, info: tarfile.TarInfo, more: int) -> None:
    """As root, since the kernel takes the group's bit off a folder when its owner, no member of the group, sets the mode."""
    try:
        with acting_as(uid):
            folder = beneath.open_beneath(top, path, FOLDER, RESOLVE_NO_SYMLINKS)
    except OSError as error:
        if error.errno not in ELSEWHERE:
            raise
        return  # the customer works there already
    try:
        pinned, times = f"/proc/self/fd/{folder}", _times(info)
        if os.fstat(folder).st_uid == uid:
            if info.gid == info.uid:
                os.chown(pinned, -1, uid)
            os.chmod(pinned, info.mode & 0o3777 | more)
            os.utime(pinned, ns=(times, times))
    finally:
        os.close(folder)


def _change_places(top: int) -> None:
    with (
        opened(top, ".", LISTED) as here,
        opened(top, COMING, LISTED) as coming,
        opened(top, LEAVING) as leaving,
    ):
        came = set(os.listdir(coming))
        for name in came:
            _away(here, leaving, name)
            os.rename(name, name, src_dir_fd=coming, dst_dir_fd=here)
        for name in set(os.listdir(here)) - came - {ARRIVING}:
            _away(here, leaving, name)


def _away(here: int, leaving: int, name: str) -> None:
    try:
        if stat.S_ISDIR(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
            beneath.let_in(here, name)
        os.rename(name, name, src_dir_fd=here, dst_dir_fd=leaving)
    except FileNotFoundError:
        return


def _stay(root: Path, uid: int, keep: frozenset[str]) -> None:
    """Also after a kill, before what was there is removed."""
    ways = [""] if keep else []
    with beneath.standing_in(root, uid) as top:
        while ways:
            path = ways.pop()
            try:
                folder = beneath.open_beneath(top, f"{LEAVING}/{path}", LISTED, RESOLVE_NO_SYMLINKS)
            except FileNotFoundError:
                continue
            try:
                kept = path.rpartition("/")[2] in keep
                ways += [below for name in os.listdir(folder) for below in _look(top, path, folder, name, kept)]
            finally:
                os.close(folder)


def _look(top: int, path: str, folder: int, name: str, kept: bool) -> list[str]:
    """A folder's path, to be gone through; a file that is kept goes back."""
    try:
        kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISREG(kind) and kept:
            _go_back(top, path, folder, name)
    except FileNotFoundError:  # gone meanwhile
        return []
    return [f"{path}/{name}" if path else name] if stat.S_ISDIR(kind) else []


def _go_back(top: int, path: str, folder: int, name: str) -> None:
    place_of_it = _made(top, path)
    try:
        with suppress(FileExistsError):
            os.link(name, name, src_dir_fd=folder, dst_dir_fd=place_of_it, follow_symlinks=False)
    finally:
        os.close(place_of_it)


def _remove(root: Path, uid: int) -> None:
    if not beneath.remove(root, ARRIVING, uid, REMOVING):
        raise RuntimeError("what was there before could not be removed in time")


def _times(info: tarfile.TarInfo) -> int:
    """The time of change in nanoseconds."""
    return int(Decimal(info.pax_headers["mtime"]).scaleb(9)) if "mtime" in info.pax_headers else int(info.mtime) * 10**9
