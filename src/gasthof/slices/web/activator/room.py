"""The room that a customer's PHP sees instead of the machine: what is listed here, and nothing else.

A mount namespace with a root of its own (pivot_root(2)). Programs and configuration are shown read-only, the customer's folder
at its own path, its tmp as /tmp and /var/tmp, a /proc that knows the room's processes only. Other customers, keys, sockets of
all daemons, home folders, the agent's state are not forbidden there: they do not exist.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gasthof.slices.web.activator import kernel

PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc")
DEVICES = ("null", "zero", "full", "random", "urandom")
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - places in the room
SHARED_MEMORY = "size=16m,nr_inodes=4096,mode=1777"
_SAFE = kernel.MS_NOSUID | kernel.MS_NODEV


@dataclass(frozen=True)
class Room:
    stage: Path  # an empty folder of root's on which the room is built
    root: Path  # the installation's prefix
    home: Path  # shown as it is
    shown: tuple[Path, ...]  # files and folders besides, read-only: the pool's configuration, a registered build

    def build(self, *, own_processes: bool) -> None:
        """Moves the calling process, which must be alone in its mount namespace, into the room. OSError: it cannot be built."""
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.mount("tmpfs", str(self.stage), "tmpfs", _SAFE, "size=1m,mode=755")
        for folder in PROGRAMS:
            self._show_program(folder)
        self._devices()
        self._processes(own_processes)
        for folder in TEMPORARY:
            self._bind(self.home / "tmp", self._at(folder))
        self._cover()
        self._move_in()

    def _at(self, path: str | Path) -> str:
        return f"{self.stage}{path}"

    def _show_program(self, folder: str) -> None:
        path = Path(folder)
        if path.is_symlink():
            Path(self._at(folder)).symlink_to(path.readlink())
        elif path.is_dir():
            self._bind(path, self._at(folder), kernel.MS_RDONLY)

    def _bind(self, source: Path, target: str, extra: int = 0) -> None:
        if source.is_dir():
            Path(target).mkdir(parents=True, exist_ok=True)
        else:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(target).touch()
        kernel.mount(str(source), target, None, kernel.MS_BIND)
        kernel.mount("none", target, None, kernel.MS_REMOUNT | kernel.MS_BIND | _SAFE | extra)

    def _devices(self) -> None:
        for name in DEVICES:
            target = Path(self._at(f"/dev/{name}"))
            target.parent.mkdir(exist_ok=True)
            target.touch()
            kernel.mount(f"/dev/{name}", str(target), None, kernel.MS_BIND)
        for name, place in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            Path(self._at(f"/dev/{name}")).symlink_to(f"/proc/self/fd{place}")
        memory = self._at("/dev/shm")  # noqa: S108 - the room's own
        Path(memory).mkdir()
        kernel.mount("tmpfs", memory, "tmpfs", _SAFE | kernel.MS_NOEXEC, SHARED_MEMORY)

    def _processes(self, own: bool) -> None:
        target = self._at("/proc")
        Path(target).mkdir()
        flags = _SAFE | kernel.MS_NOEXEC
        kernel.mount("proc", target, "proc", flags, None if own else "hidepid=2")

    def _cover(self) -> None:
        """Puts a folder of our own where the prefix is, with the customer's home and little else in it.

        It is filled elsewhere and moved in whole: beneath /tmp the way to it belongs to the customer, who could bend it meanwhile.
        """
        top, descriptor = self._top()
        cover = Path(self._at("/.cover"))
        cover.mkdir()
        kernel.mount("tmpfs", str(cover), "tmpfs", _SAFE, "size=64k,mode=755")
        self._bind(self.home, f"{cover}/{self.home.relative_to(top)}")
        for path in self.shown:
            inside = path.is_relative_to(top)
            if not inside and any(path.is_relative_to(base) for base in TEMPORARY):  # the customer's own by now
                raise OSError(f"{path}: nothing can be shown that lies in a temporary folder")
            self._bind(path, f"{cover}/{path.relative_to(top)}" if inside else self._at(path), kernel.MS_RDONLY)
        kernel.mount("none", str(cover), None, kernel.MS_REMOUNT | kernel.MS_BIND | _SAFE | kernel.MS_RDONLY)
        kernel.mount(str(cover), f"/proc/self/fd/{descriptor}", None, kernel.MS_MOVE)
        os.close(descriptor)
        cover.rmdir()

    def _top(self) -> tuple[Path, int]:
        """The folder to cover, and a descriptor of it in the room."""
        for base in TEMPORARY:
            if self.root.is_relative_to(base):
                first = self.root.relative_to(base).parts[0]
                return Path(base, first), _own_folder(self._at(base), first)
        Path(self._at(self.root)).mkdir(parents=True, exist_ok=True)
        return self.root, os.open(self._at(self.root), os.O_PATH | os.O_DIRECTORY)

    def _move_in(self) -> None:
        os.chdir(self.stage)
        kernel.pivot_root(".", ".")
        kernel.unmount(".")
        os.chdir("/")
        kernel.mount("none", "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | _SAFE | kernel.MS_RDONLY)


def _own_folder(parent: str, name: str) -> int:
    """A folder in the customer's tmp, opened without following a link that the customer may have put there."""
    within = os.open(parent, os.O_PATH | os.O_DIRECTORY)
    with suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=within)
    try:
        return os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=within)
    finally:
        os.close(within)
