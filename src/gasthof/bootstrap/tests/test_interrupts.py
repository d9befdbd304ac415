"""What a signal does to `test`: what it started may end in order, and the operator gets no traceback."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gasthof.bootstrap import checks, preflight
from gasthof.bootstrap.place import Place
from gasthof.bootstrap.refusal import Refusal

WORKER = """
import sys, time
try:
    sys.stdout.write("begun\\n")
    sys.stdout.flush()
    time.sleep(60)
finally:
    time.sleep(0.5)
    sys.stdout.write("put in order\\n")
"""
STARTER = f"""
import sys
from gasthof.bootstrap import interrupts, lanes
interrupts.heed()
try:
    lanes.run([[lanes.Step("worker", (sys.executable, "-c", {WORKER!r}), {{}}, "/")]])
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_started_ends_in_order(number: signal.Signals) -> None:
    line = ["/usr/bin/env", "--ignore-signal=INT", sys.executable, "-c", STARTER]  # as a script's background job has it
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as starter:
        assert starter.stdout is not None and starter.stdout.readline() == "begun\n"
        begun = time.monotonic()
        starter.send_signal(number)
        assert starter.stdout.read() == "put in order\n"
        assert starter.wait(10) == 130 and time.monotonic() - begun < 10


def test_tests_change_nothing_on_another_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "release", lambda: 'ID=ubuntu\nPRETTY_NAME="Ubuntu 24.04"\n')
    with pytest.raises(Refusal, match=r"Ubuntu 24\.04"):
        checks.prepare(Place(tmp_path, tmp_path, tmp_path / "var", tmp_path / "var"))
    assert list(tmp_path.iterdir()) == []
