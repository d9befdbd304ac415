"""What lies below a customer's folder, as a tar archive (POSIX.1-2001 pax; sparse files in GNU's format 1.0).

A customer may change the tree while it is walked. Each name is pinned by a descriptor without following it, judged by what the pin
holds, and then opened through the pin with the customer's rights, so nothing can be swapped in between. What is closed to its own
owner is read all the same: it is theirs.
"""

import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from errno import ENXIO
from pathlib import Path
from time import monotonic

from gasthof.agent.sdk.customer import acting_as

PINNED = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
ARRIVING = ".gasthof-import"  # where sdk/unpack.py lays down what is on its way; no part of anybody's contents
LONGEST_PATH = 4000  # bytes; PATH_MAX is 4096, and ARRIVING comes before it
DEEPEST = 500  # folders: each is an open descriptor
LONGEST = 6 * 3600.0  # seconds: a customer can make folders as fast as they are walked
SMALLEST_HOLE = 64 * 1024  # bytes; smaller ones are stored as what they read as
MOST_NOTES = 100
BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class Level:
    """A folder on the way down."""

    path: str
    folder: int
    names: Iterator[str]
    found: os.stat_result


@dataclass
class Packer:
    uid: int
    out: int  # descriptor of the archive
    until: float
    first: dict[tuple[int, int], str] = field(default_factory=dict)  # device and inode of files with several names
    notes: list[str] = field(default_factory=list)

    def walk(self, top: int) -> None:
        """Names in order, each folder after what it holds: equal trees give equal archives."""
        ways = [Level("", top, _names(top), os.fstat(top))]
        try:
            while ways:
                here = ways[-1]
                name = next(here.names, None)
                if name is None:
                    self._leave(ways.pop())
                elif below := self._entry(here, name):
                    ways.append(below)
        finally:
            for level in ways[1:]:
                os.close(level.folder)

    def _leave(self, level: Level) -> None:
        if level.path:
            os.close(level.folder)
            self._header(level.path, level.found, tarfile.DIRTYPE)

    def _entry(self, here: Level, name: str) -> Level | None:
        """Writes what is no folder; a folder comes back, to be walked."""
        path = f"{here.path}/{name}" if here.path else name
        if path == ARRIVING:
            return None
        if len(os.fsencode(path)) > LONGEST_PATH or path.count("/") > DEEPEST:
            raise RuntimeError(f"folders lie too deep in each other: {_shown(path[:200])}…")
        if monotonic() > self.until:
            raise RuntimeError("there was no end to the files")
        try:
            pin = os.open(name, PINNED, dir_fd=here.folder)
        except FileNotFoundError:  # gone meanwhile
            return None
        try:
            return self._pinned(path, pin, here.found.st_dev)
        except PermissionError:
            self._note(path, "is not the customer's to read")
            return None
        finally:
            os.close(pin)

    def _pinned(self, path: str, pin: int, device: int) -> Level | None:
        found = os.fstat(pin)
        kind = stat.S_IFMT(found.st_mode)
        if kind == stat.S_IFLNK:
            self._header(path, found, tarfile.SYMTYPE, target=os.readlink("", dir_fd=pin))
        elif kind == stat.S_IFREG:
            self._file(path, pin, found)
        elif kind == stat.S_IFDIR and found.st_dev == device:
            folder = self._reopened(pin, found, LISTED)
            return Level(path, folder, _names(folder), found)
        else:
            self._note(path, "is no file, folder or link")
        return None

    def _reopened(self, pin: int, found: os.stat_result, flags: int) -> int:
        place = f"/proc/self/fd/{pin}"
        try:
            with acting_as(self.uid):
                return os.open(place, flags | os.O_CLOEXEC)
        except PermissionError:
            if found.st_uid != self.uid:
                raise
            return os.open(place, flags | os.O_CLOEXEC)

    def _file(self, path: str, pin: int, found: os.stat_result) -> None:
        identity = found.st_dev, found.st_ino
        if identity in self.first:
            self._header(path, found, tarfile.LNKTYPE, target=self.first[identity])
            return
        source = self._reopened(pin, found, os.O_RDONLY)
        try:
            self._content(path, source, found)
            after = os.fstat(source)
        finally:
            os.close(source)
        if found.st_nlink > 1:
            self.first[identity] = path
        if (after.st_size, after.st_mtime_ns) != (found.st_size, found.st_mtime_ns):
            self._note(path, "changed while it was read")

    def _content(self, path: str, source: int, found: os.stat_result) -> None:
        size = found.st_size
        parts = pieces(source, size)
        if parts == ([(0, size)] if size else []):
            self._header(path, found, tarfile.REGTYPE, size)
        else:
            plan = _map([*parts, (size, 0)])
            stored = len(plan) + sum(length for _, length in parts)
            marks = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(size)}
            self._header(path, found, tarfile.REGTYPE, stored, marks=marks)
            self._write(plan)
        for at, length in parts:
            self._copy(source, at, length)
        self._write(bytes(-sum(length for _, length in parts) % BLOCK))

    def _copy(self, source: int, at: int, length: int) -> None:
        """Exactly so much: what a file has become shorter by is made up with zeros."""
        end = at + length
        while at < end:
            sent = os.sendfile(self.out, source, at, min(end - at, 1 << 30))
            if not sent:
                sent = self._write(bytes(min(end - at, 1 << 20)))
            at += sent

    def _header(
        self,
        path: str,
        found: os.stat_result,
        kind: bytes,
        size: int = 0,
        *,
        target: str = "",
        marks: dict[str, str] | None = None,
    ) -> None:
        """The group is the customer's own (as uid) or the one that the folder gives."""
        info = tarfile.TarInfo(path)
        info.type, info.size, info.linkname = kind, size, target
        info.mode = found.st_mode & (0o3777 if kind == tarfile.DIRTYPE else 0o777)
        info.uid, info.gid = self.uid, found.st_gid
        seconds = Decimal(found.st_mtime_ns).scaleb(-9)
        info.pax_headers = {"mtime": f"{seconds:f}", **(marks or {})}
        self._write(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))

    def _write(self, content: bytes) -> int:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self.out, rest) :]
        return len(content)

    def _note(self, path: str, words: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(f"{_shown(path)}: {words}")


def pack(root: Path, uid: int, archive: Path) -> list[str]:
    """Write a new archive, root's alone, of all below `root`, a folder whose own name only root can change.

    Returns what was left out, a line each. Devices, sockets, setuid bits, access lists and attributes are not kept. RuntimeError:
    the tree cannot be packed. It is not durable yet.
    """
    top = os.open(root, LISTED | os.O_NOFOLLOW)
    try:
        out = os.open(archive, NEW, 0o600)
        try:
            packer = Packer(uid, out, monotonic() + LONGEST)
            packer.walk(top)
            os.write(out, bytes(2 * BLOCK))
        finally:
            os.close(out)
    finally:
        os.close(top)
    return packer.notes


def pieces(source: int, size: int) -> list[tuple[int, int]]:
    """Where a file holds data: offset and length, in order, holes below SMALLEST_HOLE passed over (lseek(2), SEEK_DATA)."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < size:
        try:
            start = os.lseek(source, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno != ENXIO:  # a hole to the end
                raise
            break
        if start >= size:
            break
        at = min(os.lseek(source, start, os.SEEK_HOLE), size)
        if found and start - sum(found[-1]) < SMALLEST_HOLE:
            start = found.pop()[0]
        elif not found and start < SMALLEST_HOLE:
            start = 0
        found.append((start, at - start))
    return found


def _map(parts: list[tuple[int, int]]) -> bytes:
    lines = [len(parts), *(number for part in parts for number in part)]
    text = "".join(f"{number}\n" for number in lines).encode()
    return text + bytes(-len(text) % BLOCK)


def _names(folder: int) -> Iterator[str]:
    return iter(sorted(os.listdir(folder)))


def _shown(path: str) -> str:
    """As people can read it: bytes that are no UTF-8, and control signs, written out."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
