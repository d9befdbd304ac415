"""What a command tells while it works. One line a step, flushed at once."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str = "") -> None:
    """A line of the result, on standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """A line about the work, on standard error: results stay readable for programs."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Names a step when it begins and its duration when it has succeeded."""
    tell(f"  {what} ...")
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    if seconds > 1:
        tell(f"  {what}: done in {seconds:.1f} s")
