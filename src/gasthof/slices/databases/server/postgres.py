"""The customers' PostgreSQL, for a supervisor: `python -m gasthof.slices.databases.server.postgres`, as its own user.

A customer's statement that is busy outlives a postmaster that was killed, for as long as it takes, and no other starts meanwhile: it is
ended first.
"""

from pathlib import Path

from gasthof.agent import leftovers
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import places
from gasthof.slices.databases.node.config import ADMIN
from gasthof.slices.databases.server.making import become, once, run

BIN = Path("/usr/lib/postgresql/15/bin")
CLOSED = "REVOKE ALL ON DATABASE template1, postgres FROM PUBLIC;\n"


def main() -> None:
    prefix = Prefix.current()
    data = places.postgres_data(prefix)
    once(data, _fill)
    leftovers.end(data, BIN / "postgres")
    become(command(places.postgres_conf(prefix)))


def command(conf: Path) -> list[str]:
    return [str(BIN / "postgres"), "-c", f"config_file={conf}"]


def _fill(folder: Path) -> None:
    """Databases in UTF-8, sorted by code point; nobody but the superuser may enter what PostgreSQL itself has."""
    run([str(BIN / "initdb"), "-D", str(folder), "-U", ADMIN, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=reject"])
    run([str(BIN / "postgres"), "--single", "-D", str(folder), "postgres"], CLOSED)


if __name__ == "__main__":
    main()
