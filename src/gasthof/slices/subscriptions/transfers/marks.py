"""What was done once and for all: empty files outside the exports, which people restore from backups, move and remove by hand."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from gasthof.agent.sdk import place
from gasthof.prefix import Prefix
from gasthof.slices.subscriptions.node.places import marks

KEY = re.compile(r"x[0-9]{6,12}(/s[0-9]{6,12})?")  # an export, or one and what it is loaded into
NAME = re.compile(r"[a-z][a-z0-9_.-]{0,99}")
DONE = "done"  # all of it; other names are of parts


@dataclass(frozen=True)
class Marks:
    """`key`: "x000007" for what was saved, "x000007/s000019" for what was loaded. ValueError for what is no key or name."""

    prefix: Prefix

    def has(self, key: str, name: str = DONE) -> bool:
        return self._path(key, name).exists()

    def put(self, key: str, name: str = DONE) -> None:
        """Durable once this returns."""
        path = self._path(key, name)
        for folder in reversed(path.parents[: len(key.split("/")) + 1]):
            if not folder.is_dir():
                folder.mkdir(0o700)
                place.make_durable([folder], self.prefix.root)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        place.make_durable([path], self.prefix.root)

    def _path(self, key: str, name: str) -> Path:
        if not KEY.fullmatch(key) or not NAME.fullmatch(name):
            raise ValueError(f"no mark: {key!r} {name!r}")
        return marks(self.prefix) / key / name
