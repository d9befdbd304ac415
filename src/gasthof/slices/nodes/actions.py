"""Every write about nodes: what they should hold, and what an operator says to them."""

from typing import Any

import msgspec

from gasthof.kernel.call import Awaited, Call
from gasthof.slices.nodes.desired import Desired, Key, put_desired
from gasthof.slices.nodes.models import Node

_SCRATCH = "nodes.desired"


def desire(call: Call, node: Node, kind: str, key: str, spec: Any | None, spec_version: int) -> None:
    """Tell the node, at the end of this call's transaction, what the object should be; None: that it should not be.

    `spec` is any object that msgspec encodes. The last word on an object counts. An unchanged one is no change.
    """
    collected: dict[int, dict[Key, Desired]] = call.scratch.setdefault(_SCRATCH, {})
    if not collected:
        call.before_commit(lambda: _flush(call))
    text = None if spec is None else msgspec.json.encode(spec, order="deterministic").decode()
    collected.setdefault(node.pk, {})[kind, key] = Desired(kind, key, spec_version, text)


def _flush(call: Call) -> None:
    """Nodes in the order of their numbers, so that two calls never wait for each other."""
    for node_id, changes in sorted(call.scratch.pop(_SCRATCH).items()):
        for (kind, key), revision in put_desired(node_id, changes.values()).items():
            call.awaited.append(Awaited(node_id, kind, key, revision))
