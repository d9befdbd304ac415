"""ProFTPD's own configuration, rendered from the prefix, and where its files lie. Pure but for its own template."""

import re
from importlib.resources import files
from pathlib import Path

from gasthof.agent.sdk.lookup import LookupDatabase
from gasthof.prefix import Prefix
from gasthof.slices.ftp.node.daemons import FTP_USER

EXECUTABLE = "/usr/sbin/proftpd"
PASSIVE = (8100, 8199)  # ports for data connections
TEMPLATE = files(__package__).joinpath("etc", "proftpd", "proftpd.conf")
SAFE_PATH = re.compile(r"/[A-Za-z0-9/._-]*")  # what needs no quoting in proftpd.conf or in a URI
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS users (owner TEXT NOT NULL, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL, "
    "uid INTEGER NOT NULL, gid INTEGER NOT NULL, home TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS users_owner ON users (owner)",
    "CREATE INDEX IF NOT EXISTS users_uid ON users (uid)",
)


def folder(prefix: Prefix) -> Path:
    return prefix.state / "ftp"


def tls_folder(prefix: Prefix) -> Path:
    return folder(prefix) / "tls"


def ssh_folder(prefix: Prefix) -> Path:
    """Holds the key that SFTP clients know this machine by."""
    return folder(prefix) / "ssh"


def configuration_path(prefix: Prefix) -> Path:
    return folder(prefix) / "proftpd.conf"


def pid_file(prefix: Prefix) -> Path:
    return prefix.run / "ftp" / "proftpd.pid"


def lookup(prefix: Prefix) -> LookupDatabase:
    """Users as mod_sql_sqlite reads them. Not WAL: the module sets a journal mode itself, and would have to write (measured)."""
    return LookupDatabase(folder(prefix) / "lookup.db", SCHEMA, FTP_USER, "delete")


def command(prefix: Prefix) -> list[str]:
    """What runs as root in the foreground; HUP reads configuration and certificate anew."""
    return [EXECUTABLE, "--nodaemon", "--config", str(configuration_path(prefix))]


def check_arguments(staged: str) -> tuple[str, ...]:
    """`proftpd --configtest` over a staged file."""
    return ("--configtest", "--config", staged)


def proftpd_conf(prefix: Prefix) -> bytes:
    """The whole configuration. ValueError for a prefix that could not be written down."""
    if not SAFE_PATH.fullmatch(str(prefix.root)):
        raise ValueError(f"prefix {str(prefix.root)!r}: only letters, digits and / . _ - are safe for ProFTPD")
    values = {
        "host": prefix.host,
        "addresses": " ".join(prefix.addresses),
        "user": FTP_USER,
        "run": str(prefix.run / "ftp"),
        "ftp": str(int(prefix.ports["ftp"])),
        "sftp": str(int(prefix.ports["sftp"])),
        "passive": " ".join(map(str, PASSIVE)),
        "lookup": str(lookup(prefix).path),
        "uid_base": str(int(prefix.uid_base)),
        "tls": str(tls_folder(prefix)),
        "hostkey": str(ssh_folder(prefix) / "key.pem"),
    }
    text = TEMPLATE.read_text("utf-8")
    return re.sub(r"<<(\w+)>>", lambda match: values[match[1]], text).encode()
