"""TERM and HUP end a command as Ctrl-C does: what it began is put in order first."""

import signal
from types import FrameType


def heed() -> None:
    """From here on they raise KeyboardInterrupt with their number; Ctrl-C's own has none."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)
