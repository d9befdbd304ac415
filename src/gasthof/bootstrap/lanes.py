"""Commands in lanes: those of a lane one after the other, the lanes side by side, so that a machine's processors all have something to do."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

from gasthof.bootstrap import interrupts
from gasthof.bootstrap.progress import tell


@dataclass(frozen=True)
class Step:
    name: str
    line: tuple[str, ...]
    environment: dict[str, str]
    folder: str  # where it works


@dataclass
class Lane:
    """The first lane's words come as they are said, another's when the step has ended."""

    steps: list[Step]
    live: bool
    results: list[tuple[str, int]] = field(default_factory=list)
    child: subprocess.Popen[bytes] | None = None
    kept: IO[bytes] | None = None
    since: float = 0.0

    def go_on(self) -> bool:
        """Whether there is still something to do. Starts the next step when there is none at work."""
        if self.child and self.child.poll() is not None:
            self._end(self.child)
        if self.child is None and self.steps:
            self._begin(self.steps[0])
        return self.child is not None

    def _begin(self, step: Step) -> None:
        tell(f"== {step.name}")
        self.since = time.monotonic()
        self.kept = None if self.live else tempfile.TemporaryFile()  # noqa: SIM115 - it lasts as long as the step
        self.child = subprocess.Popen(
            step.line, env=step.environment, cwd=step.folder, stdout=self.kept, stderr=self.kept and subprocess.STDOUT
        )

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        name, code = self.steps.pop(0).name, child.returncode
        if self.kept:
            self.kept.seek(0)
            sys.stdout.write(self.kept.read().decode("utf-8", "replace"))
            sys.stdout.flush()
            self.kept.close()
        tell(f"== {name}: {'ok' if code == 0 else f'exit code {code}'}, {time.monotonic() - self.since:.1f} s")
        self.results.append((name, code))
        self.child = None


def run(lanes: Sequence[Sequence[Step]]) -> list[tuple[str, int]]:
    """Names and exit codes, the first lane's first. When we are interrupted, what is at work may end in order."""
    under_way = [Lane(list(steps), live=number == 0) for number, steps in enumerate(lanes)]
    try:
        while sum(lane.go_on() for lane in under_way):
            time.sleep(0.1)
    except KeyboardInterrupt as interrupt:
        for child in [lane.child for lane in under_way if lane.child]:
            interrupts.pass_on(interrupt, child)
        raise
    return [result for lane in under_way for result in lane.results]
