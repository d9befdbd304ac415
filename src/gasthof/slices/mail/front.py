"""Starts the nginx that ends TLS for IMAP and POP3, for a supervisor: `python -m gasthof.slices.mail.front`.

Workers outlive a master that was killed and hold its ports against the next one. QUIT makes them close those at once; whoever reads
mail through them has worker_shutdown_timeout. nginx tries to listen for 2.5 seconds.
"""

import os
import signal
from pathlib import Path

from gasthof.agent import leftovers
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import front


def main() -> None:
    prefix = Prefix.current()
    arguments, room = front.command(prefix), front.folder(prefix)
    leftovers.tell(room, Path(arguments[0]), signal.SIGQUIT)
    os.chdir(room)
    os.execve(arguments[0], arguments, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})  # noqa: S606


if __name__ == "__main__":
    main()
