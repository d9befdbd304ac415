"""Small files that several processes read: whole and on the disk when written, or as they were."""

import os
from pathlib import Path


def put(path: Path, text: str, mode: int, group: int = -1) -> None:
    """`group`: its number, which root may give; -1 leaves the writer's. Two writers do not disturb each other: one of them is last."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with new.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.chown(new, -1, group)
    new.chmod(mode)
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
