"""From a piece of the common log to each customer's lines. Pure."""

import json
from collections import defaultdict

from gasthof.slices.web.node.pool import SUBSCRIPTION


def whole_lines(piece: bytes) -> int:
    """How much of the piece ends with a line break."""
    return piece.rfind(b"\n") + 1


def by_customer(piece: bytes) -> dict[str, bytes]:
    """Customer -> its lines, unchanged. Lines that name no customer are left out."""
    lines: defaultdict[str, list[bytes]] = defaultdict(list)
    for line in piece.split(b"\n"):
        if line and (customer := _customer(line)):
            lines[customer].append(line)
    return {customer: b"\n".join([*found, b""]) for customer, found in lines.items()}


def _customer(line: bytes) -> str | None:
    """The visitor chooses most of a line and may send bytes that are no UTF-8; such a line is its customer's all the same."""
    try:
        customer = json.loads(line.decode("utf-8", "surrogateescape"))["customer"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return customer if isinstance(customer, str) and SUBSCRIPTION.fullmatch(customer) else None
