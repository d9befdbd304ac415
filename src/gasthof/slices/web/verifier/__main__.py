"""The password verifier: `python -m gasthof.slices.web.verifier`. Started by root it becomes gasthof-verify first."""

import asyncio
import contextlib
import ctypes
import os
import pwd
import resource
import signal
from pathlib import Path

from gasthof.prefix import VERIFY_USER, WEB_USER, Prefix
from gasthof.slices.web.verifier.server import Server

PR_SET_DUMPABLE = 4  # prctl(2)


def main() -> None:
    path = Prefix.current().verify_socket
    if os.geteuid() == 0:
        _make_folder(path.parent)
        _become(VERIFY_USER)
    _keep_secrets()
    os.umask(0o117)  # the socket: owner and the folder's group, gasthof-web
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(path))


async def _serve(path: Path) -> None:
    task = asyncio.current_task()
    if task:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await Server().serve(path)


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, pwd.getpwnam(VERIFY_USER).pw_uid, pwd.getpwnam(WEB_USER).pw_gid)
    folder.chmod(0o2750)


def _become(name: str) -> None:
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.chdir("/")


def _keep_secrets() -> None:
    """No passwords in core files, and no other process of this user may look into the memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


if __name__ == "__main__":
    main()
