"""A preview that the control plane wants to see: made in a process of its own, so that no change waits for it, told in portions."""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from time import monotonic
from typing import IO

import msgspec

from gasthof.agent.wire import MOST_PARTS, PreviewPart, PreviewTold

LONGEST_SECONDS = 600.0
AT_ONCE = 1_000_000  # characters told in one message, and one part more
LOOK_AGAIN = 0.2  # seconds, while it is being made

log = logging.getLogger("gasthof.agent")
Start = Callable[[IO[bytes]], "subprocess.Popen[bytes]"]


def start(output: IO[bytes]) -> "subprocess.Popen[bytes]":
    command = ["/usr/bin/nice", sys.executable, "-m", "gasthof.agent", "--parts"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE)


class Showing:
    """One wish at a time; a newer one takes the place of an older one."""

    def __init__(self, start: Start = start) -> None:
        self._start = start
        self._number: int | None = None  # the wish that was heeded last
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._until = 0.0

    @property
    def running(self) -> bool:
        return self._process is not None

    def heed(self, number: int | None) -> None:
        """None: nobody wishes for anything."""
        if number is None or number == self._number:
            return
        self.stop()
        self._number, self._until = number, monotonic() + LONGEST_SECONDS
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - until it has been told
        self._process = self._start(self._output)

    def portions(self) -> list[PreviewTold]:
        """What is to be told now: all of it once it is made, until `stop`."""
        if self._process is None or self._output is None or self._number is None:
            return []
        if self._process.poll() is None:
            if monotonic() < self._until:
                return []
            self._process.kill()
            return [self._end(f"it took longer than {LONGEST_SECONDS:.0f} s")]
        if self._process.returncode:
            return [self._end(self._last_words())]
        self._output.seek(0)
        parts = [msgspec.json.decode(line, type=PreviewPart) for line in self._output]
        return list(_portions(self._number, parts))

    def stop(self) -> None:
        """It was told, or nobody wants it any more."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.communicate()
        if self._output is not None:
            self._output.close()
        self._process = self._output = None

    def _end(self, words: str) -> PreviewTold:
        assert self._number is not None
        return PreviewTold(self._number, 0, (), True, words)

    def _last_words(self) -> str:
        assert self._process is not None and self._process.stderr is not None
        words = self._process.stderr.read().decode("utf-8", "replace").strip()
        return words[-1000:] or f"it ended with {self._process.returncode}"


def _portions(number: int, parts: list[PreviewPart]) -> Iterator[PreviewTold]:
    """Portions by size; the last one says that it is."""
    words = f"only the first {MOST_PARTS} are shown" if len(parts) > MOST_PARTS else ""
    portion: list[PreviewPart] = []
    first = size = 0
    for nth, part in enumerate(parts[:MOST_PARTS]):
        portion.append(part)
        size += len(part.text)
        if size > AT_ONCE:
            yield PreviewTold(number, first, tuple(portion), False)
            portion, first, size = [], nth + 1, 0
    yield PreviewTold(number, first, tuple(portion), True, words)
