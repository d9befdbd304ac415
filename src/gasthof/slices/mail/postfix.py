"""Starts Postfix for a supervisor: `python -m gasthof.slices.mail.postfix`.

A master that was killed leaves servers behind that finish their sessions and hold its ports meanwhile. They have promised nothing yet
that is not in the queue, so they are ended first.
"""

import os
import subprocess
from pathlib import Path

from gasthof.agent import leftovers
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import postfix

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def main() -> None:
    prefix = Prefix.current()
    os.chdir("/")
    leftovers.end(postfix.pid_file(prefix).parents[1], Path(postfix.DAEMONS))
    for preparation in (postfix.check_command(prefix), postfix.repair_command(prefix)):
        subprocess.run(preparation, check=True, env=ENVIRONMENT, stdin=subprocess.DEVNULL)
    arguments = postfix.command(prefix)
    os.execve(arguments[0], arguments, ENVIRONMENT)  # noqa: S606


if __name__ == "__main__":
    main()
