"""A clerk of a platform: has read Django once, and forks for each verb, where `./gasthof run` would read all of it anew.

The child runs what that command runs, gasthof.kernel.commandline, with the same words, environment and role, on a connection of its own.
As a program it is the clerk: `python -m tests.clerk SOCKET`. It ends with the process that started it.
"""

import contextlib
import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gasthof.kernel.commandline import main

PATIENCE = 60.0  # seconds until it has read everything


@dataclass(frozen=True)
class Said:
    code: int
    output: str
    errors: str


class Clerk:
    """Serves several at a time."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="gasthof-clerk-")) / "socket"
        self.process = subprocess.Popen([sys.executable, "-m", __name__, str(self.path)], env=environment, cwd="/")
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while not self._listens():
            assert self.process.poll() is None and time.monotonic() < until, "the clerk does not come"
            time.sleep(0.02)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(self.path))
            return True
        return False

    def ask(self, *words: str, timeout: float) -> Said:
        """What `./gasthof WORDS` would say. AssertionError when the child ended without a word."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(timeout)
            wire.connect(str(self.path))
            wire.sendall(json.dumps(words).encode() + b"\n")
            with wire.makefile("rb") as answer:
                said = answer.read()
        assert said, f"no answer to {' '.join(words)}"
        return Said(**json.loads(said))

    def leave(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.path.parent)


class _Desk(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    max_children = 100

    def service_actions(self) -> None:
        super().service_actions()
        if os.getppid() != PARENT:
            os._exit(0)


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        words = self.rfile.readline()
        if not words:
            return  # somebody only looked whether we listen
        output, errors = _caught(1), _caught(2)
        code = _code(lambda: main(json.loads(words)))
        sys.stdout.flush()
        sys.stderr.flush()
        said = {"code": code, "output": _text(output), "errors": _text(errors)}
        self.wfile.write(json.dumps(said).encode())


def _caught(descriptor: int) -> BinaryIO:
    """From now on what this process writes there goes into memory."""
    memory = os.fdopen(os.memfd_create("said"), "r+b")
    os.dup2(memory.fileno(), descriptor)
    return memory


def _text(memory: BinaryIO) -> str:
    memory.seek(0)
    return memory.read().decode()


def _code(command: Callable[[], int]) -> int:
    """As the interpreter ends."""
    try:
        return command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1


def _serve(path: str) -> None:
    import django

    django.setup()
    import gasthof.kernel.applying
    import gasthof.kernel.verbs  # noqa: F401 - read by the time of the first fork

    with _Desk(path, _Handler) as desk:
        desk.serve_forever()


if __name__ == "__main__":
    PARENT = os.getppid()
    _serve(sys.argv[1])
