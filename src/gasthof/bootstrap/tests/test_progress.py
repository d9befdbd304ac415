"""What is told while a command works: nobody has to listen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3]
WORK = """
import sys
from gasthof.bootstrap.progress import say, step, tell
for number in range(2000):
    tell(f"line {number}")
with step("the last one"):
    say("a result")
say("another")
open(sys.argv[1], "w").write("done")
"""

CLOSED = "import os, sys; os.close(1); os.close(2); os.execv(sys.argv[1], sys.argv[1:])"


def work(done: Path, kind: str) -> tuple[int, bytes]:
    """Exit code, and what was read of its output before the reader left."""
    read, write = os.pipe()
    output = {"pipe": write, "full": os.open("/dev/full", os.O_WRONLY), "closed": write}[kind]
    words = [sys.executable, "-c", WORK, str(done)]
    if kind == "closed":
        words = [sys.executable, "-c", CLOSED, *words]
    process = subprocess.Popen(words, env={"PYTHONPATH": str(SOURCE)}, stdout=output, stderr=output)
    os.close(write)
    seen = os.read(read, 20) if kind == "pipe" else b""
    os.close(read)
    return process.wait(30), seen


@pytest.mark.parametrize("kind", ["pipe", "full", "closed"])
def test_output_that_cannot_be_written_does_not_stop_the_work(tmp_path: Path, kind: str) -> None:
    code, seen = work(tmp_path / "done", kind)
    assert (tmp_path / "done").read_text() == "done" and code == 0
    assert seen.startswith(b"line 0\n") == (kind == "pipe")


def test_what_only_shows_something_ends_with_its_reader() -> None:
    read, write = os.pipe()
    words = "from gasthof.bootstrap.progress import show\nwhile True: show('x' * 1000)"
    process = subprocess.Popen(
        [sys.executable, "-c", words], env={"PYTHONPATH": str(SOURCE)}, stdout=write, stderr=subprocess.DEVNULL
    )
    os.close(write)
    os.read(read, 1000)
    os.close(read)
    assert process.wait(30) != 0
