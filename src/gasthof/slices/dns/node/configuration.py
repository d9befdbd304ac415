"""PowerDNS' own configuration, rendered from the prefix. Pure."""

import re
from functools import lru_cache
from ipaddress import ip_address

from gasthof.kernel.values import DomainName
from gasthof.prefix import Prefix
from gasthof.slices.dns.node.rows import QUERIES, database

SAFE_PATH = re.compile(r"/[A-Za-z0-9/._-]*")
SOCKET = "pdns.controlsocket"
SOCKET_LIMIT = 107  # bytes of a unix socket's path, unix(7)
USER = "pdns"


def addresses(prefix: Prefix) -> list[str]:
    """Where the name server listens."""
    return [str(ip_address(each)) for each in (prefix.ipv4, prefix.ipv6) if each]


def own_name(prefix: Prefix) -> str:
    """The machine's own, in A-labels. Refused for what is none, such as a name without a dot."""
    return _ascii(prefix.host)


@lru_cache(maxsize=4)
def _ascii(host: str) -> str:
    """Asked for with each zone."""
    return DomainName.parse(host).ascii


def configuration(prefix: Prefix, resolver: str) -> bytes:
    """pdns.conf; `resolver` (ADDRESS:PORT) finds what ALIAS records point to; without one they are not answered:
    asking itself, the name server could go round in circles. ValueError for what could not be written down.

    Nothing but DNS is listened on: no API, no updates, no transfers, no notifications, no questions to the outside but a
    resolver's. Answers are kept for long, since the agent takes back what has changed.
    """
    control = prefix.run / "dns" / SOCKET
    if not SAFE_PATH.fullmatch(str(prefix.root)) or len(str(control)) > SOCKET_LIMIT:
        raise ValueError(f"prefix {str(prefix.root)!r} cannot be written into PowerDNS' configuration")
    settings = {
        "launch": "gsqlite3",
        "gsqlite3-database": database(prefix).path,
        "gsqlite3-dnssec": "yes",
        "gsqlite3-pragma-journal-mode": "",  # it only reads; the agent has set it
        **{f"gsqlite3-{name}-query": query for name, query in QUERIES.items()},
        "setuid": USER,
        "setgid": USER,
        "socket-dir": control.parent,
        "daemon": "no",
        "guardian": "no",
        "write-pid": "no",
        "disable-syslog": "yes",
        "loglevel": "3",
        "local-address": ",".join(addresses(prefix)),
        "local-port": prefix.ports["dns"],
        "api": "no",
        "webserver": "no",
        "dnsupdate": "no",
        "disable-axfr": "yes",
        "primary": "no",
        "secondary": "no",
        "allow-axfr-ips": "",
        "allow-notify-from": "",
        "allow-unsigned-notify": "no",
        "forward-notify": "",
        "enable-lua-records": "no",
        "version-string": "anonymous",
        "server-id": "disabled",
        "security-poll-suffix": "",
        "expand-alias": "yes" if resolver else "no",
        **({"resolver": resolver} if resolver else {}),  # it dies of an empty one
        "any-to-tcp": "yes",
        "udp-truncation-threshold": "1232",
        "zone-cache-refresh-interval": "0",
        "cache-ttl": "600",
        "query-cache-ttl": "600",
        "negquery-cache-ttl": "600",
        "domain-metadata-cache-ttl": "600",
        "dnssec-key-cache-ttl": "600",
        "max-tcp-connections": "200",
        "max-tcp-connections-per-client": "50",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items()).encode()


def command(prefix: Prefix) -> tuple[str, ...]:
    """What a supervisor runs as root; it goes on as its own user."""
    return ("/usr/sbin/pdns_server", f"--config-dir={prefix.state / 'dns'}")
