# ruff: noqa: PTH115
"""The tools that a plan may run, and the daemons it may reload: closed tables, absolute paths, an environment of nothing."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from gasthof.prefix import Prefix

TOOLS: Mapping[str, str] = {"nginx": "/usr/sbin/nginx"}
PID_FILES: Mapping[str, Callable[[Prefix], Path]] = {"nginx": lambda prefix: prefix.state / "web" / "nginx.pid"}
EXECUTABLES: Mapping[str, str] = {"nginx": "/usr/sbin/nginx"}  # a pid file may be older than the machine's last start
SECONDS = 60.0
LONGEST_WORDS = 4000  # characters of a refusal


class Refused(RuntimeError):
    """A tool's own words."""


def run(tool: str, arguments: tuple[str, ...]) -> None:
    """Refused when it fails or takes too long; KeyError for a tool that is not listed."""
    command = [TOOLS[tool], *arguments]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, env={}, cwd="/", stdin=subprocess.DEVNULL, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{tool} took longer than {SECONDS:.0f} s") from error
    if done.returncode:
        words = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise Refused(words[-LONGEST_WORDS:] or f"{tool} ended with {done.returncode}")


def running(prefix: Prefix, daemon: str) -> int | None:
    """The main process' id out of the daemon's pid file, if that is this daemon still."""
    try:
        pid = int(PID_FILES[daemon](prefix).read_text("ascii"))
        program = os.readlink(f"/proc/{pid}/exe")
    except (OSError, ValueError):
        return None
    return pid if program.removesuffix(" (deleted)") == EXECUTABLES[daemon] else None


def reload(prefix: Prefix, daemon: str) -> None:
    """Tell a running daemon to read its configuration again; nothing to do for one that does not run."""
    pid = running(prefix, daemon)
    if pid:
        os.kill(pid, signal.SIGHUP)
