"""Starts ProFTPD for a supervisor: `python -m gasthof.slices.ftp.proftpd`. Its mounts come first: without them it does not start."""

import os

from gasthof.prefix import Prefix
from gasthof.slices.ftp.mounts import guard
from gasthof.slices.ftp.node.configuration import command


def main() -> None:
    prefix = Prefix.current()
    arguments = command(prefix)
    guard(prefix.customers)
    os.chdir("/")
    os.execve(arguments[0], arguments, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})  # noqa: S606


if __name__ == "__main__":
    main()
