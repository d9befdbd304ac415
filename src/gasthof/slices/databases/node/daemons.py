"""The customers' MariaDB and PostgreSQL, and what they need of the machine."""

import socket
from collections.abc import Mapping
from pathlib import Path

from gasthof.agent import probes
from gasthof.agent.daemons import Daemons, Folder, Probe, Program
from gasthof.prefix import Prefix
from gasthof.slices.databases.node import places
from gasthof.slices.databases.node.places import DUMP_USER, MARIADB_USER, POSTGRES_USER

SSL_REQUEST = bytes.fromhex("0000000804d2162f")  # PostgreSQL's protocol, "SSLRequest"

NOT_PRIVILEGED = b"\xff" + (1130).to_bytes(2, "little")  # MariaDB's error packet, ER_HOST_NOT_PRIVILEGED


def programs(_prefix: Prefix, python: str) -> tuple[Program, ...]:
    """Each makes its data once, then becomes the server."""
    room = "gasthof.slices.databases.server"
    return (
        Program(
            "mariadb", (python, "-m", f"{room}.mariadb"), MARIADB_USER, stop_seconds=60, package="mariadb-server",
            ports=("mariadb",),
        ),
        Program(
            "customers-postgres", (python, "-m", f"{room}.postgres"), POSTGRES_USER, "INT", 60, package="postgresql-15",
            ports=("postgres",),
        ),
    )  # fmt: skip


def _mariadb(prefix: Prefix) -> str | None:
    """It greets with protocol version 10; before there is any customer's account, with error 1130 (no account for this address)."""
    with socket.create_connection(("127.0.0.1", prefix.ports["mariadb"]), probes.PATIENCE) as wire:
        said = wire.recv(100)
    return None if said[4:5] == b"\x0a" or said[4:7] == b"\xff\x6a\x04" else f"it says {said!r}"


def _postgres(prefix: Prefix) -> str | None:
    """It answers whether it speaks TLS with one letter."""
    with socket.create_connection(("127.0.0.1", prefix.ports["postgres"]), probes.PATIENCE) as wire:
        wire.sendall(SSL_REQUEST)
        said = wire.recv(1)
    return None if said in (b"N", b"S") else f"it says {said!r}"


def _probes(prefix: Prefix) -> Mapping[str, Probe]:
    return {"mariadb": lambda: _mariadb(prefix), "customers-postgres": lambda: _postgres(prefix)}


def _sockets(prefix: Prefix) -> Mapping[str, Path]:
    return {
        "mariadb-admin": places.mariadb_socket(prefix),
        "customers-postgres-admin": places.postgres_socket(prefix) / f".s.PGSQL.{prefix.ports['postgres']}",
    }


DAEMONS = Daemons(
    packages=("mariadb-server", "mariadb-client", "postgresql-15", "php8.2-mysql", "php8.2-pgsql"),
    users=(MARIADB_USER, POSTGRES_USER, DUMP_USER),
    folders=(
        Folder("node/databases", 0o711),
        Folder("node/databases/nowhere", 0o700),
        Folder("node/databases/mariadb", 0o700, MARIADB_USER, MARIADB_USER),
        Folder("node/databases/postgres", 0o700, POSTGRES_USER, POSTGRES_USER),
        Folder("run/mariadb", 0o700, MARIADB_USER, MARIADB_USER),
        Folder("run/pgsql", 0o700, POSTGRES_USER, POSTGRES_USER),
    ),
    programs=programs,
    probes=_probes,
    listens={
        "mariadb": "MariaDB, port {}",
        "postgres": "PostgreSQL, port {}",
    },
    sockets=_sockets,
)
