"""PowerDNS, and what it needs of the machine. Standard library only."""

import socket
from collections.abc import Mapping

from gasthof.agent.daemons import Daemons, Folder, Probe, Program
from gasthof.prefix import Prefix

PATIENCE = 3.0  # seconds
QUESTION = b"\x4e\x53\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05probe\x07invalid\x00\x00\x06\x00\x01"  # its SOA


def programs(prefix: Prefix, _python: str) -> tuple[Program, ...]:
    command = ("/usr/sbin/pdns_server", f"--config-dir={prefix.state / 'dns'}")
    return (Program("pdns", command, package="pdns-server", ports=("dns",), addressed=True),)


def answers(prefix: Prefix) -> str | None:
    """Any answer will do: a zone that it does not serve is one."""
    family, address = (socket.AF_INET, prefix.ipv4) if prefix.ipv4 else (socket.AF_INET6, prefix.ipv6)
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        wire.settimeout(PATIENCE)
        wire.connect((address, prefix.ports["dns"]))
        wire.send(QUESTION)
        return None if wire.recv(512)[:2] == QUESTION[:2] else "it answers another question"


def _probes(prefix: Prefix) -> Mapping[str, Probe]:
    return {"pdns": lambda: answers(prefix)}


DAEMONS = Daemons(
    packages=("pdns-server", "pdns-backend-sqlite3"),
    test_packages=("bind9-dnsutils", "dnsperf", "sqlite3"),
    folders=(Folder("node/dns", 0o750, "root", "pdns"), Folder("run/dns", 0o750, "pdns", "pdns")),
    programs=programs,
    probes=_probes,
    listens={"dns": "DNS, port {}"},
)
