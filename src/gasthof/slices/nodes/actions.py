"""Every write about nodes: what they should hold, and what an operator says to them."""

import uuid
from typing import Any

import msgspec
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from gasthof.kernel.actions import Result, action
from gasthof.kernel.call import Awaited, Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.nodes.desired import Desired, Key, put_desired, send_again
from gasthof.slices.nodes.models import Node, NodeContact, NodeEvent, Preview
from gasthof.slices.nodes.queries import NodeRef

_SCRATCH = "nodes.desired"
PATIENCE = "5s"  # with a node that keeps its transaction open


def desire(call: Call, node: Node, kind: str, key: str, spec: Any | None, spec_version: int) -> None:
    """Tell the node, at the end of this call's transaction, what the object should be; None: that it should not be.

    `spec` is any object that msgspec encodes. The last word on an object counts. An unchanged one is no change.
    """
    collected: dict[int, dict[Key, Desired]] = call.scratch.setdefault(_SCRATCH, {})
    if not collected:
        call.before_commit(lambda: _flush(call), last=True)
    text = None if spec is None else msgspec.json.encode(spec, order="deterministic").decode()
    collected.setdefault(node.pk, {})[kind, key] = Desired(kind, key, spec_version, text)


def _flush(call: Call) -> None:
    """Nodes in the order of their numbers, so that two calls never wait for each other."""
    for node_id, changes in sorted(call.scratch.pop(_SCRATCH).items()):
        for (kind, key), revision in put_desired(node_id, changes.values()).items():
            call.awaited.append(Awaited(node_id, kind, key, revision))


@action("nodes.adopt", permission="nodes.manage", on="node")
def adopt(call: Call, *, node: NodeRef) -> Result:
    """Take a parked node back: it is given everything anew and removes what is not in it.

    A new epoch begins, with revisions above all that the lost history can have given out.
    """
    contact = _contact(node)
    if contact.parked:
        contact.relist_epoch = contact.refused_epoch
    elif contact.relist_epoch is None:  # else the node has not come back since it was adopted last
        contact.relist_epoch = Node.objects.get(pk=node.pk).epoch
    contact.parked = contact.refused_epoch = contact.offered_token = contact.acked_token = None
    contact.differing = []
    contact.save()
    count = send_again(node.pk, "true", leap=True)
    Node.objects.filter(pk=node.pk).update(epoch=str(uuid.uuid4()))
    _note(call, node, "adopted")
    return {"node": node.name, "objects": count}


@action("nodes.release", permission="nodes.manage", on="node")
def release(call: Call, *, node: NodeRef) -> Result:
    """Let a node carry out the removals that it holds back, exactly as it named them."""
    contact = _contact(node)
    if contact.held is None:
        raise Refused("This node holds nothing back.")
    contact.released, contact.release_told = contact.held, False
    contact.save(update_fields=["released", "release_told"])
    _note(call, node, "released", contact.held)
    _wake(node)
    return {"node": node.name, "released": contact.held}


@action("nodes.retry", permission="nodes.manage", on="node")
def retry(call: Call, *, node: NodeRef) -> Result:
    """Have a node try again, at once, what it could not bring about."""
    failed = (
        "EXISTS (SELECT FROM nodes_objectreport r"
        " WHERE r.target_id = d.id AND r.revision = d.revision AND r.state = 'failed')"
    )
    return {"node": node.name, "objects": send_again(node.pk, failed)}


@action("nodes.preview", permission="nodes.manage", on="node")
def preview(call: Call, *, node: NodeRef) -> Result:
    """Have a node find out what it would change. It changes nothing; what it finds is shown in the panel."""
    wish = Preview.objects.create(node=node, asked=call.clocks.wall.now())
    _wake(node)
    return {"node": node.name, "preview": wish.pk}


def _wake(node: Node) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [node.db_role])


def _contact(node: Node) -> NodeContact:
    """Locked. The node's own functions lock it too, and a node may keep its transaction open; other waits are for verbs, which end."""
    _wait_for_locks(PATIENCE)
    try:
        contact = NodeContact.objects.select_for_update().get(node=node)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Refused("The node is busy at the moment. Try again.") from error
        raise
    _wait_for_locks("0")
    return contact


def _wait_for_locks(at_most: str) -> None:
    """For the rest of the transaction, or until said again; 0 is for as long as it takes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [at_most])


def _note(call: Call, node: Node, what: str, words: str = "") -> None:
    NodeEvent.objects.create(node=node, at=call.clocks.wall.now(), what=what, subject="", words=words)
