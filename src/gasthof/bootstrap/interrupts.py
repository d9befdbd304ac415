"""TERM and HUP end a command as Ctrl-C does: what it began is put in order first."""

import signal
import subprocess
from types import FrameType


def heed() -> None:
    """From here on they raise KeyboardInterrupt with their number; Ctrl-C's own has none."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a script's background job and its children ignore it else
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def pass_on(interrupt: KeyboardInterrupt, child: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Lets the child end in its own way, and waits for that. Ctrl-C has reached it already."""
    if interrupt.args:
        child.send_signal(signal.SIGINT)
    child.communicate()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)
