"""`logs`: what the processes said."""

import time
from collections.abc import Iterator
from pathlib import Path

from gasthof.bootstrap.place import Place
from gasthof.bootstrap.progress import show
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import Prefix

LINES = 40
BLOCK = 256 * 1024  # bytes from the end that are looked at


def logs(place: Place, name: str | None, follow: bool) -> int:
    """The last lines of one log, or of each; with `follow` what is added, until interrupted."""
    prefix = Prefix.load(place.prefix)
    paths = chosen(prefix.logs, name)
    for path in paths:
        if len(paths) > 1:
            show(f"==> {path.name} <==")
        for line in tail(path, LINES if name else 5):
            show(line)
    if follow:
        try:
            for line in added(paths):
                show(line)
        except KeyboardInterrupt:
            return 0
    return 0


def chosen(folder: Path, name: str | None) -> list[Path]:
    """Raises Refusal that lists the names there are."""
    have = sorted(folder.glob("*.log")) if folder.is_dir() else []
    if name is None:
        return [path for path in have if path.stat().st_size]
    if found := [path for path in have if path.stem == name]:
        return found
    names = ", ".join(path.stem for path in have) or "none yet"
    raise Refusal(f"There is no log of that name: {name}. There are: {names}.")


def tail(path: Path, count: int) -> list[str]:
    with path.open("rb") as source:
        size = source.seek(0, 2)
        source.seek(max(0, size - BLOCK))
        return source.read().decode("utf-8", "replace").splitlines()[-count:]


def added(paths: list[Path]) -> Iterator[str]:
    """Lines as they come; a log that was rotated is read from its new beginning."""
    at = {path: path.stat().st_size for path in paths}
    while True:
        for path in paths:
            size = path.stat().st_size if path.exists() else 0
            if size > at[path] or size < at[path]:
                with path.open("rb") as source:
                    source.seek(at[path] if size > at[path] else 0)
                    whole, _, rest = source.read().rpartition(b"\n")
                    at[path] = source.tell() - len(rest)
                yield from whole.decode("utf-8", "replace").splitlines()
        time.sleep(0.2)
