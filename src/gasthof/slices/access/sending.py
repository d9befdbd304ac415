"""Handing a mail over, by SMTP: to the relay of config.toml, else to this node's own Postfix, which takes mail for domains hosted here."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from gasthof.prefix import Prefix, without_password

TIMEOUT = 20  # seconds for each answer
LONGEST_WORDS = 500  # characters kept of what a server says


class Later(Exception):
    """It did not work now; the words say why."""


class Undeliverable(Exception):
    """The server will not take this mail, ever; its words."""


@dataclass(frozen=True)
class Relay:
    host: str
    port: int
    user: str = ""
    password: str = ""
    wrapped: bool = False  # TLS from the first byte
    encrypted: bool = True

    @classmethod
    def of(cls, prefix: Prefix) -> "Relay":
        """ValueError: [mail] relay is no address of a server."""
        if not prefix.mail_relay:
            return cls("127.0.0.1", prefix.ports["smtp"], encrypted=False)  # never leaves the machine
        parts = urlsplit(_with_password(prefix))
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("[mail] relay must be smtp://user:password@host:port or smtps://...")
        wrapped = parts.scheme == "smtps"
        port = parts.port or (465 if wrapped else 587)
        return cls(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), wrapped)


def _with_password(prefix: Prefix) -> str:
    """A password is for the server that it was given for, and for no other that is named later."""
    path = prefix.relay_secret
    secret = path.read_text("utf-8").strip() if path.exists() else ""
    return secret if without_password(secret) == prefix.mail_relay else prefix.mail_relay


class _Server(smtplib.SMTP):
    """Keeps what was said as the mail was taken: there servers name the number in their queue (RFC 5321, 4.2)."""

    taken = ""

    def data(self, msg: bytes | str) -> tuple[int, bytes]:  # type: ignore[override]  # narrower than any buffer
        code, words = super().data(msg)
        self.taken = f"{code} {_legible(words)}"
        return code, words


class _WrappedServer(_Server, smtplib.SMTP_SSL):
    pass


def send(message: EmailMessage, prefix: Prefix) -> str:
    """What the server said as it took the mail. Raises Later or Undeliverable."""
    try:
        relay = Relay.of(prefix)
        server = _connected(relay, prefix.host)
        try:
            server.send_message(message)
        finally:
            with suppress(OSError):
                server.quit()  # it has the mail, whatever it answers here: tried again there would be two
        return server.taken
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        raise _verdict(code, words) from refused
    except smtplib.SMTPAuthenticationError as refused:
        raise Later(_legible(refused.smtp_error)) from refused  # the operator's to mend, not the mail's
    except smtplib.SMTPResponseException as refused:
        raise _verdict(refused.smtp_code, refused.smtp_error) from refused
    except (OSError, ValueError, smtplib.SMTPException) as trouble:
        raise Later(_legible(str(trouble) or type(trouble).__name__)) from trouble


def _connected(relay: Relay, own_name: str) -> _Server:
    context = ssl.create_default_context()
    if relay.wrapped:
        server: _Server = _WrappedServer(relay.host, relay.port, own_name, timeout=TIMEOUT, context=context)
    else:
        server = _Server(relay.host, relay.port, own_name, timeout=TIMEOUT)
        if relay.encrypted:
            server.starttls(context=context)
    if relay.user:
        server.login(relay.user, relay.password)
    return server


def _verdict(code: int, words: bytes | str) -> Exception:
    told = f"{code} {_legible(words)}"
    return Undeliverable(told) if code >= 500 else Later(told)


def _legible(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return text.replace("\x00", "")[:LONGEST_WORDS]
