"""Telling a node to carry contents out and in."""

from typing import Any

from gasthof.kernel.call import Call
from gasthof.slices.nodes.actions import desire
from gasthof.slices.subscriptions.models import Export, Subscription
from gasthof.slices.subscriptions.queries import TRANSFER, load_key
from gasthof.slices.subscriptions.spec import TransferSpec

VERSION = 1  # of TransferSpec


def tell_save(call: Call, export: Export, subscription: Subscription, document: dict[str, Any], expected: int) -> None:
    """Save the subscription's contents, `expected` bytes; `document` lies beside them, so that an export explains itself."""
    spec = TransferSpec("save", export.name, subscription.system_name, subscription.uid, document, expected)
    desire(call, export.node, TRANSFER, export.name, spec, VERSION)


def tell_gone(call: Call, export: Export) -> None:
    desire(call, export.node, TRANSFER, export.name, None, VERSION)


def tell_load(call: Call, export: Export, subscription: Subscription, chosen: dict[str, Any]) -> None:
    """Load the export's contents into the subscription's place, and nowhere else: `chosen` says where, slice by slice."""
    spec = TransferSpec("load", export.name, subscription.system_name, subscription.uid, chosen=chosen)
    desire(call, export.node, TRANSFER, load_key(export, subscription), spec, VERSION)


def tell_unloaded(call: Call, export: Export, subscription: Subscription) -> None:
    """The order to load is forgotten, done or not."""
    desire(call, export.node, TRANSFER, load_key(export, subscription), None, VERSION)
