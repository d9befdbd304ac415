"""The two servers' configuration, a pure function of the prefix. It counts from a server's next start."""

from pathlib import Path

from gasthof.prefix import Prefix
from gasthof.slices.databases.node import places

HBA, IDENT = "pg_hba.conf", "pg_ident.conf"
ADMIN = "postgres"  # the cluster's superuser, reached by root over the unix socket and by nobody else


def mariadb(prefix: Prefix) -> str:
    """[mariadbd] of an option file; names as in the server's manual, "Server System Variables"."""
    settings = {
        "datadir": places.mariadb_data(prefix),
        "tmpdir": places.mariadb_data(prefix).parent / "tmp",
        "socket": places.mariadb_socket(prefix),
        "pid-file": places.mariadb_socket(prefix).with_name("mariadbd.pid"),
        "port": prefix.ports["mariadb"],
        "bind-address": "127.0.0.1,::1",
        "extra-max-connections": 20,  # of the administration's own: what all others do takes none of them (server/mariadb.py)
        "skip-name-resolve": 1,
        "host-cache-size": 0,  # else a neighbour's broken handshakes would block the address that all come from
        "max-connect-errors": 4294967295,
        "max-connections": 500,
        "max-user-connections": 20,
        "connect-timeout": 3,  # seconds; connections that do not sign in count, and anybody on the machine can make them
        "log-warnings": 1,  # not each connection that a client breaks off
        "wait-timeout": 3600,
        "lock-wait-timeout": 60,  # of a table's definition: dumps, above all, wait no longer for what a customer has locked
        "local-infile": 0,
        "symbolic-links": 0,
        "secure-file-priv": places.nowhere(prefix),
        "event-scheduler": "DISABLED",  # an event would go on for a suspended customer
        "automatic-sp-privileges": 0,  # rights are what intent says, and nothing beside it
        "performance-schema": 0,
        "feedback": "OFF",
        "character-set-server": "utf8mb4",
        "collation-server": "utf8mb4_unicode_ci",
        "max-allowed-packet": "64M",
        "innodb-buffer-pool-size": "128M",
        "innodb-flush-log-at-trx-commit": 1,
        "innodb-file-per-table": 1,
        "skip-log-bin": 1,
    }
    return "[mariadbd]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def postgres_files(prefix: Prefix) -> dict[Path, str]:
    """postgresql.conf and the two files it names."""
    folder = places.folder(prefix)
    return {
        places.postgres_conf(prefix): _postgres(prefix),
        folder / HBA: _hba(),
        folder / IDENT: f"admin root {ADMIN}\n",
    }


def _postgres(prefix: Prefix) -> str:
    folder = places.folder(prefix)
    settings: dict[str, object] = {
        "data_directory": places.postgres_data(prefix),
        "hba_file": folder / HBA,
        "ident_file": folder / IDENT,
        "listen_addresses": "127.0.0.1,::1",
        "port": prefix.ports["postgres"],
        "unix_socket_directories": places.postgres_socket(prefix),
        "unix_socket_permissions": "0700",
        "max_connections": 400,
        "superuser_reserved_connections": 5,
        "authentication_timeout": "3s",
        "password_encryption": "scram-sha-256",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_prepared_transactions": 0,
        "shared_buffers": "64MB",
        "temp_file_limit": "2GB",
        "idle_in_transaction_session_timeout": "10min",
        "log_min_error_statement": "panic",  # customers' statements stay out of our log
        "log_parameter_max_length_on_error": "0",
        "timezone": "UTC",
        "jit": "off",
    }
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def _hba() -> str:
    """The superuser by socket, as root; everybody else by TCP, with a password; no replication at all."""
    return (
        f"local all {ADMIN} peer map=admin\n"
        f"host all {ADMIN} all reject\n"
        "host all all 127.0.0.1/32 scram-sha-256\n"
        "host all all ::1/128 scram-sha-256\n"
    )
