"""The customers' MariaDB, for a supervisor: `python -m gasthof.slices.databases.server.mariadb`, as its own user.

It is handed its sockets as sd_listen_fds(3) has it, since that alone makes a unix socket an "extra" one: its connections count by
themselves, so that however many of the customers' programs make, the administration comes in.
"""

import fcntl
import os
import socket
from functools import partial
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.databases.node import places
from gasthof.slices.databases.server.making import become, once, run

INSTALL = "/usr/bin/mariadb-install-db"
SERVER = "/usr/sbin/mariadbd"
BACKLOG = 512
FIRST = 3  # sd_listen_fds(3), SD_LISTEN_FDS_START


def main() -> None:
    prefix = Prefix.current()
    data = places.mariadb_data(prefix)
    (data.parent / "tmp").mkdir(0o700, exist_ok=True)
    once(data, partial(_fill, places.mariadb_conf(prefix)))
    os.umask(0o077)
    become(command(places.mariadb_conf(prefix)), handed(listening(prefix)))


def command(conf: Path) -> list[str]:
    return [SERVER, f"--defaults-file={conf}"]


def listening(prefix: Prefix) -> dict[str, socket.socket]:
    """Name -> socket; bound, and open to connections, which wait until the server is there."""
    port, path = prefix.ports["mariadb"], places.mariadb_socket(prefix)
    path.unlink(missing_ok=True)
    found = {
        "tcp": _bound(socket.AF_INET, ("127.0.0.1", port)),
        "tcp6": _bound(socket.AF_INET6, ("::1", port)),
        "extra": _bound(socket.AF_UNIX, str(path)),
    }
    for one in found.values():
        one.listen(BACKLOG)
    return found


def _bound(family: socket.AddressFamily, address: tuple[str, int] | str) -> socket.socket:
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(address)
    return made


def handed(sockets: dict[str, socket.socket]) -> dict[str, str]:
    """The sockets from descriptor 3 on; the environment that says so to what this process becomes."""
    aside = [fcntl.fcntl(one.detach(), fcntl.F_DUPFD, 100) for one in sockets.values()]
    for number, descriptor in enumerate(aside, FIRST):
        os.dup2(descriptor, number)
        os.close(descriptor)
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(sockets)}


def _fill(conf: Path, folder: Path) -> None:
    """System tables; root by the socket alone; no anonymous users, no test database."""
    root = ("--auth-root-authentication-method=socket", "--auth-root-socket-user=root")
    run([INSTALL, f"--defaults-file={conf}", f"--datadir={folder}", "--skip-test-db", "--skip-name-resolve", *root])


if __name__ == "__main__":
    main()
