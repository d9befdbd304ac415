"""systemd's units of packages that an installation brought: Gasthof runs its own daemons, the machine's stay away at boot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path("/etc/systemd/system")
WANTED = ("*.wants/*.service", "*.requires/*.service")  # links that enable a unit (systemd.unit(5))


@contextmanager
def kept_from_boot(newly_brought: Callable[[str], bool], folder: Path = FOLDER) -> Iterator[None]:
    """Services that were enabled meanwhile are disabled if `newly_brought` says so of the unit's file.

    Links are taken away as `systemctl disable` would, with systemd or without it; Debian's upgrades leave that as it is.
    """
    before = set(_links(folder))
    try:
        yield
    finally:
        for link in set(_links(folder)) - before:
            if newly_brought(str(link.readlink())):
                link.unlink()


def _links(folder: Path) -> Iterator[Path]:
    return (path for form in WANTED for path in folder.glob(form) if path.is_symlink() and "@" not in path.name)
