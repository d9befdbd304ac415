"""Where exports lie, and where the program that makes them is asked. Paths only."""

import re
from pathlib import Path

from gasthof.prefix import Prefix

EXPORT = re.compile(r"x[0-9]{6,12}")
LOAD = re.compile(r"x[0-9]{6,12}/s[0-9]{6,12}")  # an export, and the subscription that it is loaded into
SETTINGS = "settings.json"  # what it is an export of, and every slice's settings
SUMMARY = "summary.json"  # {"bytes": of all files, "left_out": [a line each]}
SUMS = "SHA256SUMS"  # of all files but itself, as sha256sum(1) reads them
LOADED = "loaded"  # folder of empty files, named by the subscriptions that it was loaded into


def exports(prefix: Prefix) -> Path:
    return prefix.root / "exports"


def export(prefix: Prefix, name: str) -> Path:
    """ValueError for a name that is none."""
    if not EXPORT.fullmatch(name):
        raise ValueError(f"no export's name: {name!r}")
    return exports(prefix) / name


def marks(prefix: Prefix) -> Path:
    """What was saved and loaded already (transfers/marks.py)."""
    return prefix.state / "transfers"


def control(prefix: Prefix) -> Path:
    return prefix.run / "transfers" / "control.sock"
