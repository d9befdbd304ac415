"""What customers' files take up, measured in the background as the customer, a subscription at a time, at most half the time."""

import os
import stat
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from threading import Condition, Thread
from time import monotonic, sleep

from gasthof.agent.sdk import beneath
from gasthof.agent.sdk.beneath import LISTED, RESOLVE_NO_SYMLINKS, opened
from gasthof.agent.sdk.customer import acting_as

FRESH = 1800.0  # seconds that a measurement is good for
LONGEST = 600.0  # seconds for one; then the last figure stays
BLOCK = 512  # bytes, st_blocks' unit


class Sizes:
    def __init__(self) -> None:
        self._found: dict[str, tuple[int, float]] = {}  # subscription -> bytes, when
        self._waiting: dict[str, tuple[Path, int]] = {}
        self._order: deque[str] = deque()
        self._changed = Condition()
        Thread(target=self._run, name="sizes", daemon=True).start()

    def of(self, name: str, root: Path, uid: int) -> int | None:
        """As last measured; None: not yet. What is old is measured again soon."""
        with self._changed:
            size, at = self._found.get(name, (None, 0.0))
            if (size is None or monotonic() - at > FRESH) and name not in self._waiting:
                self._waiting[name] = root, uid
                self._order.append(name)
                self._changed.notify()
            return size

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._order)
                name = self._order.popleft()
                root, uid = self._waiting[name]
            began = monotonic()
            size = measure(root, uid, began + LONGEST)
            with self._changed:
                self._waiting.pop(name)
                if size is not None:
                    self._found[name] = size, monotonic()
            sleep(monotonic() - began)


def measure(root: Path, uid: int, until: float) -> int | None:
    """Bytes on disk of all below root, each file once whatever it is called; None: it took too long, or root is gone."""
    total, several = 0, set()
    try:
        for found in _walk(root, uid):
            if monotonic() > until:
                return None
            if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
                if found.st_ino in several:
                    continue
                several.add(found.st_ino)
            total += found.st_blocks * BLOCK
    except OSError:
        return None
    return total


def _walk(root: Path, uid: int) -> Iterator[os.stat_result]:
    top = os.open(root, beneath.FOLDER | os.O_NOFOLLOW)
    ways = ["."]
    try:
        while ways:
            path = ways.pop()
            for name, found in _below(top, path, uid):
                if stat.S_ISDIR(found.st_mode):
                    ways.append(f"{path}/{name}")
                yield found
    finally:
        os.close(top)


def _below(top: int, path: str, uid: int) -> list[tuple[str, os.stat_result]]:
    """Nothing for a folder that is gone, too deep or closed."""
    found = []
    with acting_as(uid):
        try:
            with opened(top, path, LISTED, RESOLVE_NO_SYMLINKS) as folder, os.scandir(folder) as entries:
                for entry in entries:
                    found.append((entry.name, entry.stat(follow_symlinks=False)))
        except OSError:
            return found
    return found
