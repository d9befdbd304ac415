"""What a node is told about databases and their users (spec row P12). Pure data; the wire form is its JSON."""

from dataclasses import dataclass
from typing import Literal

Server = Literal["mariadb", "postgres"]
Rights = Literal["full", "data", "read"]  # structure and rows; rows; reading only


@dataclass(frozen=True)
class DatabaseSpec:
    """Kind "databases.database", key: "mariadb/NAME" or "postgres/NAME"."""

    server: Server
    name: str  # whole, "s000012_shop"
    subscription: str  # system name, "s000012"


@dataclass(frozen=True)
class Access:
    database: str  # whole name, on the user's own server
    rights: Rights


@dataclass(frozen=True)
class UserSpec:
    """Kind "databases.user", key: "mariadb/NAME" or "postgres/NAME"."""

    server: Server
    name: str
    subscription: str
    verifier: str  # mariadb: mysql_native_password ("*" and 40 hex digits); postgres: SCRAM-SHA-256$... (RFC 5803)
    access: tuple[Access, ...] = ()  # by database
    locked: bool = False  # the subscription is suspended: nobody signs in, running connections end
    connections: int = 20  # at most, at the same time
