"""What customers' files take up, measured in the background as the customer, a subscription at a time, at most half the time."""

import logging
import os
import stat
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Thread
from time import monotonic, sleep

from gasthof.agent.sdk import beneath
from gasthof.agent.sdk.beneath import LISTED, RESOLVE_NO_SYMLINKS, OutOfTime, opened
from gasthof.agent.sdk.customer import acting_as

FRESH = 1800.0  # seconds that a measurement is good for
LONGEST = 600.0  # seconds for one; then the last figure stays
BLOCK = 512  # bytes, st_blocks' unit
MOST_KEPT = 1_000_000  # folders to be read, and files of several names: some 200 MB

log = logging.getLogger("gasthof.transfers")


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
            size = _measured(root, uid, began + LONGEST)
            with self._changed:
                self._waiting.pop(name)
                if size is not None:
                    self._found[name] = size, monotonic()
            sleep(monotonic() - began)


def _measured(root: Path, uid: int, until: float) -> int | None:
    """Whatever befalls one measurement, the thread goes on to the next."""
    try:
        return measure(root, uid, until)
    except Exception:
        log.exception("%s cannot be measured", root)
        return None


def measure(root: Path, uid: int, until: float) -> int | None:
    """Bytes on disk of all below root, each file once whatever it is called; None: it took too long or too much, or root is gone."""
    count = Count(until)
    try:
        top = os.open(root, beneath.FOLDER | os.O_NOFOLLOW)
        try:
            while count.ways:
                _add_folder(count, top, count.ways.pop(), uid)
        finally:
            os.close(top)
    except (OSError, OutOfTime):
        return None
    return count.total


@dataclass
class Count:
    """What it keeps is bounded: sums, the folders still to be read, and the files of several names."""

    until: float
    total: int = 0
    ways: list[str] = field(default_factory=lambda: ["."])
    several: set[int] = field(default_factory=set)  # inodes

    def add(self, path: str, found: os.stat_result) -> None:
        if monotonic() > self.until or len(self.ways) + len(self.several) > MOST_KEPT:
            raise OutOfTime
        if stat.S_ISDIR(found.st_mode):
            self.ways.append(path)
        elif found.st_nlink > 1:
            if found.st_ino in self.several:
                return
            self.several.add(found.st_ino)
        self.total += found.st_blocks * BLOCK


def _add_folder(count: Count, top: int, path: str, uid: int) -> None:
    """Nothing for a folder that is gone, too deep or closed."""
    listed = opened(top, path, LISTED, RESOLVE_NO_SYMLINKS)
    with acting_as(uid), suppress(OSError), listed as folder, os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                count.add(f"{path}/{entry.name}", entry.stat(follow_symlinks=False))
