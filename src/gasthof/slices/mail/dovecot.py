"""Starts Dovecot for a supervisor: `python -m gasthof.slices.mail.dovecot`.

Dovecot does not start while a process has the number in its pid file, whichever that is: after a machine went down hard, any other. So
a pid file that is not a running Dovecot's of this installation is taken away first.
"""

import os
from contextlib import suppress
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import dovecot


def main() -> None:
    prefix = Prefix.current()
    arguments = dovecot.command(prefix)
    _forget(dovecot.pid_file(prefix), arguments)
    os.chdir("/")
    os.execve(arguments[0], arguments, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})  # noqa: S606


def _forget(pid_file: Path, arguments: list[str]) -> None:
    with suppress(FileNotFoundError):
        pid = pid_file.read_text("ascii", "replace").strip()
        if not pid.isdigit() or _command(int(pid)) != arguments:
            pid_file.unlink()


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


if __name__ == "__main__":
    main()
