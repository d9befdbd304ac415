"""The customers' MariaDB, for a supervisor: `python -m gasthof.slices.databases.server.mariadb`, as its own user."""

from functools import partial
from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.databases.node import places
from gasthof.slices.databases.server.making import become, once, run

INSTALL = "/usr/bin/mariadb-install-db"
SERVER = "/usr/sbin/mariadbd"


def main() -> None:
    prefix = Prefix.current()
    data = places.mariadb_data(prefix)
    (data.parent / "tmp").mkdir(0o700, exist_ok=True)
    once(data, partial(_fill, places.mariadb_conf(prefix)))
    become(command(places.mariadb_conf(prefix)))


def command(conf: Path) -> list[str]:
    return [SERVER, f"--defaults-file={conf}"]


def _fill(conf: Path, folder: Path) -> None:
    """System tables; root by the socket alone; no anonymous users, no test database."""
    root = ("--auth-root-authentication-method=socket", "--auth-root-socket-user=root")
    run([INSTALL, f"--defaults-file={conf}", f"--datadir={folder}", "--skip-test-db", "--skip-name-resolve", *root])


if __name__ == "__main__":
    main()
