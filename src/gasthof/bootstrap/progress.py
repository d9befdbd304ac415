"""What a command tells while it works. One line a step, flushed at once."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


def show(text: str) -> None:
    """A line on standard output, of a command that does nothing else. Raises BrokenPipeError when nobody reads on."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """A line of the result, on standard output. If nobody reads it, the work goes on."""
    _write(sys.stdout, text)


def tell(text: str) -> None:
    """A line about the work, on standard error: results stay readable for programs. If nobody reads it, the work goes on."""
    _write(sys.stderr, text)


def _write(stream: TextIO | None, text: str) -> None:
    """A pipe that was closed, a terminal that is gone, a full disk: from then on the words go nowhere."""
    if stream is None:
        return
    try:
        stream.write(text + "\n")
        stream.flush()
    except OSError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Also what is still in its buffer, or Python would complain at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    with suppress(OSError):
        stream.flush()


@contextmanager
def step(what: str) -> Iterator[None]:
    """Names a step when it begins and its duration when it has succeeded."""
    tell(f"  {what} ...")
    start = time.monotonic()
    yield
    seconds = time.monotonic() - start
    if seconds > 1:
        tell(f"  {what}: done in {seconds:.1f} s")
