"""How far a try-out's business time is ahead of the wall's. A file below the prefix says so, which all of the house's processes read."""

import os
from pathlib import Path

from gasthof.prefix import Prefix


def days() -> int:
    """Whole days; 0 without an installation, or for one that nobody moved. ValueError for a file that says something else."""
    root = os.environ.get("GASTHOF_PREFIX")
    return read(Prefix(Path(root))) if root else 0


def read(prefix: Prefix) -> int:
    try:
        return int(prefix.moved.read_text("ascii"))
    except FileNotFoundError:
        return 0


def write(prefix: Prefix, ahead: int) -> None:
    """Durable when it returns, for the panel's group to read."""
    path, new = prefix.moved, prefix.moved.with_suffix(".new")
    with new.open("w", encoding="ascii") as handle:
        handle.write(f"{ahead}\n")
        handle.flush()
        os.fsync(handle.fileno())
    above = path.parent.stat()
    os.chown(new, 0, above.st_gid)
    new.chmod(0o640)
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
