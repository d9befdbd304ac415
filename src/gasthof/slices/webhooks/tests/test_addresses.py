"""Which addresses are public: against the registries of special addresses, written down a second time, and all forms of private ones."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gasthof.kernel.refusal import Refused
from gasthof.slices.webhooks.addresses import is_public
from gasthof.slices.webhooks.door import Door

PRIVATE_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "192.0.2.0/24", "203.0.113.0/24", "198.51.100.0/24",
]  # fmt: skip
PRIVATE_V6 = [
    "::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32", "2001::/32", "2002::/16",
    "100::/64", "64:ff9b:1::/48", "::ffff:0:0/96", "::/96", "3fff::/20", "5f00::/16",
]  # fmt: skip


def in_one_of(networks: list[str], version: int) -> SearchStrategy[IPv4Address | IPv6Address]:
    return st.one_of(*(st.ip_addresses(v=version, network=network) for network in networks))


@given(in_one_of(PRIVATE_V4, 4))
def test_no_private_ipv4_address_in_any_form(address: IPv4Address) -> None:
    number = int(address)
    forms = [
        address,
        IPv6Address((0xFFFF << 32) | number),  # mapped
        IPv6Address(number),  # compatible
        IPv6Address((0x2002 << 112) | (number << 80)),  # 6to4
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),  # NAT64
        IPv6Address(int(IPv6Address("64:ff9b:1::")) | number),
        IPv6Address(int(IPv6Address("2001::")) | (number ^ 0xFFFFFFFF)),  # Teredo
        IPv6Address(int(IPv6Address("fe80::5efe:0:0")) | number),  # ISATAP
    ]
    assert [str(form) for form in forms if is_public(form)] == []


@given(in_one_of(PRIVATE_V6, 6))
def test_no_private_ipv6_address(address: IPv6Address) -> None:
    assert not is_public(address)
    assert not Door(resolve=lambda _name: [str(address)]).admits(address)


@given(st.ip_addresses())
def test_what_python_holds_private_is_not_public(address: IPv4Address | IPv6Address) -> None:
    """Python knows the registries, too, though not what gateways make of an address."""
    if not address.is_global or address.is_multicast:
        assert not is_public(address)


@pytest.mark.parametrize(
    "text", ["9.9.9.9", "193.99.144.80", "2a00:1450:4001:82a::2003", "2606:4700::1111", "64:ff9b::c163:9050"]
)
def test_public_ones_are(text: str) -> None:
    assert is_public(ip_address(text))


def test_a_link_has_no_public_address() -> None:
    assert not is_public(IPv6Address("2606:4700::1111%eth0"))


def leads_to(*addresses: str, **more: object) -> list[object]:
    return list(Door(resolve=lambda _name: list(addresses), **more).addresses("haken.example"))


def test_one_private_address_among_public_ones_is_too_many() -> None:
    assert len(leads_to("9.9.9.9", "2620:fe::fe")) == 2
    for private in ("127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"):
        with pytest.raises(Refused, match="not on the public internet"):
            leads_to("9.9.9.9", private)


def test_the_houses_own_machines_are_refused() -> None:
    with pytest.raises(Refused, match="not on the public internet"):
        leads_to("9.9.9.9", own=frozenset({ip_address("9.9.9.9")}))


def test_networks_of_the_operator_are_let_through_and_no_others() -> None:
    allowed = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    assert len(leads_to("127.0.0.1", "::1", "9.9.9.9", allowed=allowed)) == 3
    for other in ("10.0.0.1", "::ffff:127.0.0.1", "fe80::1"):
        with pytest.raises(Refused, match="not on the public internet"):
            leads_to(other, allowed=allowed)


@pytest.mark.parametrize("answer", [[], ["nonsense"]])
def test_a_name_without_an_address(answer: list[str]) -> None:
    with pytest.raises(Refused, match="cannot be found"):
        leads_to(*answer)
