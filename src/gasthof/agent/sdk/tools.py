# ruff: noqa: PTH115
"""How a plan runs a tool and reloads a daemon: absolute paths, an environment of nothing. Which ones, each slice lists."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gasthof.prefix import Prefix

SECONDS = 60.0
LONGEST_WORDS = 4000  # characters of a refusal


class Refused(RuntimeError):
    """A tool's own words."""


@dataclass(frozen=True)
class Reloadable:
    """A daemon that reads its configuration again on a signal."""

    pid_file: Callable[[Prefix], Path]
    executable: str  # absolute; a pid file may be older than the machine's last start
    signal: int = signal.SIGHUP


def run(program: str, arguments: tuple[str, ...]) -> None:
    """`program`: its absolute path. Refused when it fails or takes too long."""
    command, tool = [program, *arguments], Path(program).name
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, env={}, cwd="/", stdin=subprocess.DEVNULL, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{tool} took longer than {SECONDS:.0f} s") from error
    if done.returncode:
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise Refused(words[-LONGEST_WORDS:] or f"{tool} ended with {done.returncode}")


def running(prefix: Prefix, daemon: Reloadable) -> int | None:
    """The main process' id out of the daemon's pid file, if that is this daemon still."""
    try:
        pid = int(daemon.pid_file(prefix).read_text("ascii"))
        program = os.readlink(f"/proc/{pid}/exe")
    except (OSError, ValueError):
        return None
    return pid if program.removesuffix(" (deleted)") == daemon.executable else None


def reload(prefix: Prefix, daemon: Reloadable) -> None:
    """Tell a running daemon to read its configuration again; nothing to do for one that does not run."""
    pid = running(prefix, daemon)
    if pid:
        os.kill(pid, daemon.signal)
