"""Making a node known: its database role, its row, its epoch. Run as the tables' owner."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from django.db import connection, transaction

from gasthof.agent.link import role_of
from gasthof.kernel import registry
from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.nodes.models import Node, NodeContact

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Address:
    """Where the world finds a node."""

    host: str  # A-labels
    ipv4: str  # "" for none
    ipv6: str


LOOPBACK = Address("server.gasthof.test", "127.0.0.1", "::1")


def register(name: str, uid_base: int, now: datetime, address: Address = LOOPBACK) -> tuple[Node, bool]:
    """The node of this name, with its address as given, and whether it is new.

    ValueError: not a name, not an address, a host name of a customer's, or known with another uid base.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no node's name: small letters, digits and hyphens, at most 40")
    found = {"host": host_name(address.host), "ipv4": _ip(address.ipv4, 4), "ipv6": _ip(address.ipv6, 6)}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT gasthof_make_node_role(%s)", [role_of(name)])
        fields = {"db_role": role_of(name), "uid_base": uid_base, "epoch": str(uuid.uuid4()), "created": now}
        node, made = Node.objects.get_or_create(name=name, defaults=fields | found)
        if made or any(getattr(node, field) != value for field, value in found.items()):
            _move(node, found, renamed=made or node.host != found["host"])
        NodeContact.objects.get_or_create(node=node)
    if node.uid_base != uid_base:
        raise ValueError(f"node {name} has the uid base {node.uid_base}: its customers' files belong to uids above it")
    return node, made


def _move(node: Node, found: Mapping[str, str], *, renamed: bool) -> None:
    """Slices follow by the number that it gets. ValueError for a name that a customer has, or that lies above a customer's.

    Then all nodes are locked, lower numbers first, so that these numbers commit in their order.
    """
    if renamed and (taken := registry.claimed(found["host"])):
        raise ValueError(f"{found['host']} cannot be the machine's name: {taken[0]} is a customer's")
    last = max(each.moved for each in Node.objects.select_for_update(no_key=True).order_by("pk"))
    for field, value in {**found, "moved": last + 1}.items():
        setattr(node, field, value)
    node.save(update_fields=[*found, "moved"])


def host_name(text: str) -> str:
    """In A-labels. ValueError."""
    try:
        return DomainName.parse(text).ascii
    except Refused as refusal:
        raise ValueError(f"{text!r} is no host name: {refusal}") from refusal


def _ip(text: str, version: int) -> str:
    """As RFC 5952 writes it. ValueError."""
    if text and ip_address(text).version != version:
        raise ValueError(f"{text!r} is no address of IPv{version}")
    return str(ip_address(text)) if text else ""
