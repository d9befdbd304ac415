"""Postfix, Dovecot, those that end TLS for Dovecot, the process between the two, and what they need of the machine."""

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

from gasthof.agent import probes
from gasthof.agent.daemons import Daemons, Folder, Probe, Program
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import places
from gasthof.slices.mail.node.places import DELIVERY_USER, FRONT_USER, OPERATOR_USER


def programs(_prefix: Prefix, python: str) -> tuple[Program, ...]:
    """In the order of their start: nobody hands mail to one that is not there yet."""
    room = "gasthof.slices.mail"
    return (
        Program("dovecot", (python, "-m", f"{room}.dovecot"), package="dovecot-core"),
        Program("mail-delivery", (python, "-m", f"{room}.delivery"), DELIVERY_USER, addressed=True),
        Program("mail-front", (python, "-m", f"{room}.front"), stop="QUIT", package="nginx", ports=("imaps", "pop3s")),
        Program("mail-sieve", (python, "-m", f"{room}.managesieve"), FRONT_USER, ports=("sieve",), addressed=True),
        Program(
            "postfix",
            (python, "-m", f"{room}.postfix"),
            package="postfix",
            ports=("smtp", "submission", "smtps"),
            addressed=True,
        ),
    )


def _probes(prefix: Prefix) -> Mapping[str, Probe]:
    ports, authority = prefix.ports, prefix.ca_certificate
    return {
        "dovecot": lambda: probes.greets(ports["imaps"], b"* OK [CAPABILITY IMAP4rev1", authority, prefix.host),
        "mail-front": lambda: probes.greets(ports["pop3s"], b"+OK", authority, prefix.host),
        "mail-delivery": lambda: _delivery(prefix),
        "mail-sieve": lambda: _managesieve(prefix),
        "postfix": lambda: probes.greets(ports["smtp"], f"220 {prefix.host} ESMTP".encode()),
    }


def _delivery(prefix: Prefix) -> str | None:
    """It greets, and reaches Dovecot."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(probes.PATIENCE)
        wire.connect(str(places.delivery_socket(prefix)))
        wire.sendall(b"LHLO probe\r\n")
        with wire.makefile("rb") as lines:
            said = lines.readline(1000) + lines.readline(1000)
    return None if b"\r\n250-" in said else f"it says {said!r}"


def _managesieve(prefix: Prefix) -> str | None:
    """It greets, and behind TLS Dovecot does."""
    trust = ssl.create_default_context(cafile=str(prefix.ca_certificate))
    with socket.create_connection(("127.0.0.1", prefix.ports["sieve"]), probes.PATIENCE) as plain:
        for line in (b"", b"STARTTLS\r\n"):
            plain.sendall(line)
            said = b""
            while b"OK " not in said and len(said) < 2000 and (part := plain.recv(2000)):
                said += part
        with trust.wrap_socket(plain, server_hostname=prefix.host) as wire, wire.makefile("rb") as lines:
            said = lines.readline(1000)
    return None if said.startswith(b'"IMPLEMENTATION"') else f"it says {said[:100]!r}"


def _sockets(prefix: Prefix) -> Mapping[str, Path]:
    return {"mail-delivery": places.delivery_socket(prefix), "dovecot-lmtp": places.dovecot_socket(prefix, "lmtp")}


def _inside(prefix: Prefix) -> Mapping[str, tuple[str, int]]:
    address = places.inside(prefix)
    ports = {
        "dovecot-imap": places.IMAP,
        "dovecot-pop3": places.POP3,
        "dovecot-sieve": places.SIEVE,
        "filters": places.FILTERS,
    }
    return {name: (address, port) for name, port in ports.items()}


DAEMONS = Daemons(
    packages=(
        "postfix",
        "postfix-sqlite",
        "dovecot-core",
        "dovecot-imapd",
        "dovecot-pop3d",
        "dovecot-lmtpd",
        "dovecot-managesieved",
        "dovecot-sieve",
        "dovecot-sqlite",
        "dovecot-auth-lua",
        "lua-sql-sqlite3",
        "nginx",
        "libnginx-mod-stream",
    ),
    test_packages=("swaks", "libnet-ssleay-perl", "iproute2", "openssl"),
    users=(FRONT_USER, DELIVERY_USER, OPERATOR_USER),
    folders=(
        Folder("mail", 0o711),
        Folder("run/mail", 0o711),
        Folder("run/mail/delivery", 0o2750, DELIVERY_USER, "postfix"),
        Folder("run/mail/dovecot", 0o755),
        Folder("node/mail", 0o711),
        Folder("node/mail/postfix", 0o755),
        Folder("node/mail/postfix/conf", 0o755),
        Folder("node/mail/postfix/queue", 0o755),
        Folder("node/mail/postfix/data", 0o700, "postfix"),
        Folder("node/mail/dovecot", 0o755),
        Folder("node/mail/dovecot/state", 0o755),
        Folder("node/mail/front", 0o755),
        Folder("node/mail/delivery", 0o700, DELIVERY_USER, DELIVERY_USER),
        Folder("node/mail/lookup-postfix", 0o750, "root", "postfix"),
        Folder("node/mail/lookup-certificates", 0o750, "root", "postfix"),
        Folder("node/mail/lookup-dovecot", 0o750, "root", "dovecot"),
        Folder("node/mail/tls", 0o750, "root", FRONT_USER),
        Folder("node/mail/vacation", 0o711),
        Folder("node/mail/operator", 0o700, OPERATOR_USER, OPERATOR_USER),
    ),
    private_logs=("postfix.log", "dovecot.log", "mail-front.log"),
    programs=programs,
    probes=_probes,
    listens={
        "smtp": "SMTP, port {}",
        "submission": "SMTP with STARTTLS and password, port {}",
        "smtps": "SMTP over TLS with password, port {}",
        "imaps": "imaps://mail.*.test:{}",
        "pop3s": "pop3s://mail.*.test:{}",
        "sieve": "ManageSieve with STARTTLS, port {}",
    },
    sockets=_sockets,
    inside=_inside,
)
