"""Which masters live, on disk: so that an activator that starts anew finds those of the one before.

One file a master, VERSION,SUBSCRIPTION,PID, written by the master-to-be itself; a second one with .ending beside it says that
its pool has another master by now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gasthof.slices.web.activator.process import Identity, boot

_ENDING = ".ending"


@dataclass(frozen=True)
class Record:
    path: Path

    @classmethod
    def of(cls, folder: Path, key: str, pid: int) -> "Record":
        return cls(folder / f"{key.replace('/', ',')},{pid}")

    @property
    def key(self) -> str:
        return self.path.name.rpartition(",")[0].replace(",", "/")

    @property
    def pid(self) -> int:
        return int(self.path.name.rpartition(",")[2])

    @property
    def _marker(self) -> Path:
        return self.path.with_name(self.path.name + _ENDING)

    @property
    def ending(self) -> bool:
        return self._marker.exists()

    def write(self) -> None:
        """By the process itself. Moved in whole, so that nobody reads half of it."""
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(f"{Identity.of(self.pid).started} {boot()}\n")
        beside.rename(self.path)

    def set_aside(self) -> None:
        self._marker.touch()

    def remove(self) -> None:
        for path in (self.path, self._marker):
            path.unlink(missing_ok=True)

    @property
    def alive(self) -> bool:
        """Whether that very process lives, and not another under its number."""
        try:
            return self.path.read_text().split() == [Identity.of(self.pid).started, boot()]
        except (OSError, IndexError):
            return False


def living(folder: Path) -> Iterator[Record]:
    """All masters that live; what tells of dead ones is removed."""
    for path in list(folder.iterdir()):
        if path.suffix in (".new", _ENDING):
            continue
        record = Record(path)
        if record.alive:
            yield record
        else:
            record.remove()
