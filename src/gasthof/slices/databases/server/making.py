"""A server's data directory: made once, whole or not at all, by the server's own user."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/"}


def once(data: Path, make: Callable[[Path], None]) -> None:
    """`make` fills a folder beside it, which becomes the data when all of it is on the disk; one that was broken off is made anew."""
    if data.is_dir():
        return
    fresh = data.with_name(data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(0o700)
    make(fresh)
    os.sync()
    fresh.rename(data)
    folder = os.open(data.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def run(command: Sequence[str], said: str = "") -> None:
    """A tool of the server's, to its end. SystemExit with its words when it fails."""
    done = subprocess.run(
        command, input=said, check=False, capture_output=True, text=True, errors="replace", env=ENVIRONMENT, cwd="/"
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def become(command: list[str], more: Mapping[str, str] = MappingProxyType({})) -> None:
    """This process is the server from here on, with `more` in its environment."""
    os.umask(0o077)
    os.chdir("/")
    os.execve(command[0], command, {**ENVIRONMENT, **more})  # noqa: S606
