"""Which addresses a delivery may go to: those of the whole internet, none that only this machine or its neighbours reach."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Networks = Collection[object]

V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)  # fmt: skip - IANA's registry of special-purpose addresses, multicast, what is reserved
GLOBAL_V6 = IPv6Network(
    "2000::/3"
)  # what is given out (RFC 4291 section 2.4): no loopback, ULA, link-local, mapped or multicast one
V6 = tuple(ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address, which a gateway speaks to


def is_public(address: Address) -> bool:
    """Whether it is anybody's on the internet, and means no other one that is not."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in V4)
    if address.scope_id:
        return False
    if address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_V6 and not any(address in network for network in V6)
