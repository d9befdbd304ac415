"""From a password to what a server checks it by; the password itself goes no further."""

from django.db import connection

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import NewPassword
from gasthof.slices.databases import rules


def verifier(server: str, name: str, password: NewPassword) -> str:
    """After the password's rules. Raises Refused about the field "password"."""
    text = password.reveal()
    try:
        rules.check_password(name, text)
    except Refused as refusal:
        raise refusal.at("password") from refusal
    return rules.mariadb_verifier(text) if server == "mariadb" else _scram(name, text)


def _scram(name: str, password: str) -> str:
    """SCRAM-SHA-256 by libpq, which prepares the password as every client of it will (SASLprep, RFC 4013)."""
    connection.ensure_connection()
    wire = connection.connection.pgconn
    made: bytes = wire.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return made.decode()
