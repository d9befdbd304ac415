"""Starts the nginx that serves customers, for a supervisor: `python -m gasthof.slices.web.nginx`.

An nginx that was killed leaves its admin socket behind and could not listen there again, so that is taken away first.
"""

import os
import socket

from gasthof.prefix import Prefix
from gasthof.slices.web.node.nginx import command


def main() -> None:
    prefix = Prefix.current()
    _remove_dead_socket(prefix)
    arguments = command(prefix)
    os.chdir("/")
    os.execve(arguments[0], arguments, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})  # noqa: S606


def _remove_dead_socket(prefix: Prefix) -> None:
    path = str(prefix.nginx_admin)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            prefix.nginx_admin.unlink()
        except FileNotFoundError:
            return


if __name__ == "__main__":
    main()
