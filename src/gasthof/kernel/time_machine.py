"""How far a try-out's business time is ahead of the wall's. A file below the prefix says so, which all of the house's processes read."""

import os
from pathlib import Path

from gasthof.kernel.durable import put
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
    put(prefix.moved, f"{ahead}\n", 0o640, prefix.moved.parent.stat().st_gid)
