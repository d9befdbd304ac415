"""What the worker looks after, once a minute: nodes that fell silent, differences that digests found, tombstones that
have served, previews of yesterday."""

from datetime import datetime, timedelta

from django.db import connection

from gasthof.kernel import rows
from gasthof.slices.nodes.desired import send_again
from gasthof.slices.nodes.models import Node, NodeContact, NodeEvent, Preview

SILENCE = timedelta(minutes=2)  # four polls
SHOWN = timedelta(days=1)  # how long a preview is kept
MOST_AT_ONCE = 500  # rows removed in one transaction

# What a node or a verb has locked is left for another minute, and what a parked node reported until it is adopted (G8).
_REMOVE_SERVED = """
WITH served AS MATERIALIZED (
    SELECT d.id FROM nodes_desiredobject d
    JOIN nodes_objectreport r ON r.target_id = d.id AND r.revision = d.revision AND r.state = 'live'
    JOIN nodes_nodecontact c ON c.node_id = d.node_id AND c.parked IS NULL
    WHERE d.spec IS NULL LIMIT %s FOR UPDATE OF d, r SKIP LOCKED
), words AS (
    DELETE FROM nodes_objectreport r USING served WHERE r.target_id = served.id
)
DELETE FROM nodes_desiredobject d USING served WHERE d.id = served.id
"""


@rows.staff()
def forget_previews(now: datetime) -> int:
    """Remove what was shown of what nodes would change, after a day; what a node is writing to is left for another minute."""
    old = Preview.objects.select_for_update(skip_locked=True).filter(asked__lt=now - SHOWN)
    return Preview.objects.filter(pk__in=[each.pk for each in old[:MOST_AT_ONCE]]).delete()[0]


@rows.staff()
def note_silence(now: datetime) -> list[tuple[str, str]]:
    """An event for each node that fell silent or came back since the last look. Their names and which it was."""
    noted = []
    for node in Node.objects.select_related("contact").order_by("pk"):
        quiet = now - (node.contact.last_contact or node.created) > SILENCE
        last = NodeEvent.objects.filter(node=node, what__in=("silent", "back")).order_by("-at", "-pk").first()
        what = "silent" if quiet else "back"
        if quiet != (last is not None and last.what == "silent"):
            NodeEvent.objects.create(node=node, at=now, what=what, subject="", words="")
            noted.append((node.name, what))
    return noted


def send_differing() -> int:
    """Send the buckets again in which nodes hold something else than they should. How many objects.

    Not done by node_report itself: it would have to lock the node's row, and a node could then hold up every verb.
    """
    with rows.staff():
        nodes = list(NodeContact.objects.exclude(differing=[]).values_list("pk", flat=True))
    return sum(map(_send_differing, nodes))


@rows.staff()
def _send_differing(node_id: int) -> int:
    contact = NodeContact.objects.select_for_update(skip_locked=True).filter(pk=node_id).first()
    if contact is None or not contact.differing:
        return 0
    count = send_again(node_id, "d.bucket = ANY(%s)", [contact.differing])
    contact.differing = []
    contact.save(update_fields=["differing"])
    return count


def remove_served() -> int:
    """Remove the tombstones that their nodes have reported live. How many.

    Not done by node_report itself: it would have to lock their rows, and a node could then hold up every verb.
    """
    removed = 0
    while count := _remove_served():
        removed += count
    return removed


@rows.staff()
def _remove_served() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_SERVED, [MOST_AT_ONCE])
        return int(cursor.rowcount)
