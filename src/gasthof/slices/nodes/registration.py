"""Making a node known: its database role, its row, its epoch. Run as the tables' owner."""

import re
import uuid
from datetime import datetime

from django.db import connection, transaction

from gasthof.agent.link import role_of
from gasthof.slices.nodes.models import Node, NodeContact

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def register(name: str, uid_base: int, now: datetime) -> tuple[Node, bool]:
    """The node of this name and whether it is new. ValueError: not a name, or known with another uid base."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no node's name: small letters, digits and hyphens, at most 40")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT gasthof_make_node_role(%s)", [role_of(name)])
        fields = {"db_role": role_of(name), "uid_base": uid_base, "epoch": str(uuid.uuid4()), "created": now}
        node, made = Node.objects.get_or_create(name=name, defaults=fields)
        NodeContact.objects.get_or_create(node=node)
    if node.uid_base != uid_base:
        raise ValueError(f"node {name} has the uid base {node.uid_base}: its customers' files belong to uids above it")
    return node, made
