"""Where the customers' two database servers have their data, configuration and sockets. Standard library only."""

from pathlib import Path

from gasthof.prefix import Prefix

MARIADB_USER = "gasthof-mariadb"  # each server runs as a user of its own: neither reads the other's files,
POSTGRES_USER = "gasthof-pgsql"  # nor the control plane's cluster, which is postgres's
DUMP_USER = "gasthof-dump"  # owns nothing: the clients that read what customers wrote run as this one


def folder(prefix: Prefix) -> Path:
    return prefix.state / "databases"


def nowhere(prefix: Prefix) -> Path:
    """Empty and root's: the one folder that MariaDB might read files in or write them to, if anybody had the privilege."""
    return folder(prefix) / "nowhere"


def mariadb_data(prefix: Prefix) -> Path:
    return folder(prefix) / "mariadb" / "data"


def mariadb_conf(prefix: Prefix) -> Path:
    return folder(prefix) / "mariadb.cnf"


def mariadb_socket(prefix: Prefix) -> Path:
    """In a 0700 folder: only the server and root come there."""
    return prefix.run / "mariadb" / "admin.sock"


def postgres_data(prefix: Prefix) -> Path:
    return folder(prefix) / "postgres" / "data"


def postgres_conf(prefix: Prefix) -> Path:
    return folder(prefix) / "postgresql.conf"


def postgres_socket(prefix: Prefix) -> Path:
    """The folder, as PostgreSQL names it; 0700 as MariaDB's."""
    return prefix.run / "pgsql"
