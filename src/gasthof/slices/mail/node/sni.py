"""Which certificate Postfix presents for which name: a look-up database of its own, as private keys lie in it.

A row holds what `postmap -F` would make of key.pem and cert.pem: their text, the key first, in base64 (postconf(5),
tls_server_sni_maps). One row is one name: a new one costs neither a rebuild of the others nor a reload, and smtpd asks for it at each
handshake. Ask("mail-sni", "put", NAME) takes what lies in node/mail/tls/NAME now and answers with its fingerprint; "drop" answers "".
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

from gasthof.agent.sdk import lookup
from gasthof.agent.sdk.ask import Reply
from gasthof.agent.sdk.certificate import CERTIFICATE, KEY, content
from gasthof.agent.sdk.steps import LookupDatabase
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import places

NAME = re.compile(r"mail(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){2,40}")
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS certificates (owner TEXT NOT NULL, name TEXT NOT NULL UNIQUE, secret TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS certificates_owner ON certificates (owner)",
)
CERTIFICATE_QUERY = "SELECT secret FROM certificates WHERE name = '%s'"


def database(prefix: Prefix) -> LookupDatabase:
    return LookupDatabase(places.lookup(prefix, "certificates"), SCHEMA, "postfix", "wal")


def fingerprint(key: bytes, certificate: bytes) -> str:
    """Of these two, PEM; "" where one is missing."""
    return _fingerprint(_encoded(key, certificate))


def stored(prefix: Prefix, names: Iterable[str]) -> dict[str, str]:
    """Name -> fingerprint of what Postfix presents; names without a row are left out."""
    base = database(prefix)
    if not base.path.exists():
        return {}
    with closing(lookup.opened(base)) as connection:
        query = "SELECT secret FROM certificates WHERE name = ?"
        found = {name: connection.execute(query, (name,)).fetchone() for name in names}
    return {name: _fingerprint(str(row[0])) for name, row in found.items() if row}


def present(prefix: Prefix) -> list[str]:
    """All names that have a row."""
    base = database(prefix)
    if not base.path.exists():
        return []
    with closing(lookup.opened(base)) as connection:
        return [str(name) for (name,) in connection.execute("SELECT name FROM certificates ORDER BY name")]


@dataclass(frozen=True)
class SniMap:
    """The service "mail-sni" of the agent, in the agent's own process: all names of a call are one transaction."""

    prefix: Prefix

    def ask(self, verb: str, arguments: Sequence[str]) -> dict[str, Reply]:
        wrong = {name: Reply(error=f"{name!r} is no mail name") for name in arguments if not NAME.fullmatch(name)}
        good = [name for name in arguments if name not in wrong]
        wanted = {name: _encoded(*lying(self.prefix, name)) if verb == "put" else "" for name in good}
        lacking = {name for name in good if verb == "put" and not wanted[name]}
        with closing(lookup.opened(database(self.prefix))) as connection, connection:
            for name in good:
                connection.execute("DELETE FROM certificates WHERE name = ?", (name,))
                if wanted[name]:
                    row = (f"mail.certificate {name}", name, wanted[name])
                    connection.execute("INSERT INTO certificates VALUES (?, ?, ?)", row)
        missing = {name: Reply(error=f"{name} has no certificate") for name in lacking}
        return wrong | {name: Reply(value=_fingerprint(wanted[name])) for name in good} | missing


def lying(prefix: Prefix, name: str) -> tuple[bytes, bytes]:
    """The key and the certificate in node/mail/tls/NAME; b"" for one that is missing."""
    folder = places.tls(prefix) / name
    return content(folder / KEY), content(folder / CERTIFICATE)


def _encoded(key: bytes, certificate: bytes) -> str:
    return b64encode(key + certificate).decode() if key and certificate else ""


def _fingerprint(encoded: str) -> str:
    return hashlib.sha256(encoded.encode()).hexdigest() if encoded else ""
