"""Starts the panel's nginx for a supervisor: `python -m gasthof.bootstrap.panel_door`.

Workers outlive a master that was killed and hold its port against the next one. QUIT makes them close it at once and end after what
they are about; nginx tries to listen for 2.5 seconds.
"""

import os
import signal
from pathlib import Path

from gasthof.agent import leftovers
from gasthof.prefix import Prefix

NGINX = Path("/usr/sbin/nginx")


def main() -> None:
    room = Prefix.current().root / "panel"
    leftovers.tell(room, NGINX, signal.SIGQUIT)
    os.chdir(room)
    arguments = [str(NGINX), "-c", str(room / "nginx.conf"), "-e", "stderr"]
    os.execve(NGINX, arguments, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})  # noqa: S606


if __name__ == "__main__":
    main()
