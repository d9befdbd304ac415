"""What is known of the nodes: `python -m gasthof.bootstrap.traces` prints it as JSON. Needs Django."""

import json
from typing import Any

import django

django.setup()

from gasthof.bootstrap.progress import say  # noqa: E402
from gasthof.kernel.clock import SystemClock  # noqa: E402
from gasthof.kernel.permissions import Actor  # noqa: E402
from gasthof.slices.nodes import queries  # noqa: E402

OPERATOR = Actor("operator", None, "en")
MOST_EVENTS = 5


def nodes() -> list[dict[str, Any]]:
    """Each node: last contact (ISO 8601) and seconds since then, changes pending, errors in the daemons' own words, what happened."""
    now = SystemClock().now()
    return [
        {
            "name": node.name,
            "last_contact": node.last_contact.isoformat(timespec="seconds") if node.last_contact else None,
            "silent": round((now - node.last_contact).total_seconds()) if node.last_contact else None,
            "objects": node.objects,
            "pending": node.pending,
            "drifted": node.drifted,
            "errors": [f"{one.kind} {one.key}: {one.words}" for one in node.errors],
            "parked": node.parked,
            "held": node.held,
            "events": events(node.name),
        }
        for node in queries.status()
    ]


def events(name: str) -> list[dict[str, str]]:
    """The newest MOST_EVENTS of a node, newest first: at (ISO 8601), what (as in NodeEvent), subject ("kind key" or empty), words."""
    node = queries.find_node(OPERATOR, name)
    return [
        {"at": one.at.isoformat(timespec="seconds"), "what": one.what, "subject": one.subject, "words": one.words}
        for one in (queries.events(node)[:MOST_EVENTS] if node else ())
    ]


if __name__ == "__main__":
    say(json.dumps(nodes()))
