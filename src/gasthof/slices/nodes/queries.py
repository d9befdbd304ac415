"""Reads about nodes: how they are, what they have not done yet, and whether a change is live."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet

from gasthof.kernel import rows
from gasthof.kernel.collection import Ask, collection
from gasthof.kernel.fields import Reference
from gasthof.kernel.permissions import FOR_SALE, Actor, reaches
from gasthof.slices.nodes.models import DesiredObject, Node, NodeEvent, ObjectReport, Preview

__all__ = [
    "Failure",
    "Node",
    "NodeRef",
    "NodeStatus",
    "Progress",
    "addresses",
    "below",
    "events",
    "failed",
    "failures",
    "find_node",
    "findings",
    "hosts",
    "last_preview",
    "moves",
    "node_status",
    "nodes",
    "php_versions",
    "progress",
    "sftp_fingerprints",
    "status",
    "wait_until_live",
]

POLL_SECONDS = 2.0  # a hint may get lost
MOST_SHOWN = 50
Told = Sequence[Any]  # of an object: its revision, and of the last report on it revision, state and words


@dataclass(frozen=True)
class Failure:
    kind: str
    key: str
    words: str  # the daemon's own


@dataclass(frozen=True)
class NodeStatus:
    name: str
    last_contact: datetime | None
    objects: int
    pending: int  # told, and not yet heard of
    failed: int
    drifted: int  # found changed by hand when the node last looked
    errors: tuple[Failure, ...]  # the first of those that failed
    parked: str | None  # a reason: nothing is handed out until an operator adopts the node
    held: str | None  # what the node would remove once an operator releases it


@dataclass(frozen=True)
class Progress:
    state: Literal["live", "failed", "pending"]
    words: str = ""


def status() -> list[NodeStatus]:
    """Of all nodes, by name."""
    return [node_status(node) for node in Node.objects.select_related("contact").order_by("name")]


@rows.staff()
def node_status(node: Node) -> NodeStatus:
    """Counts every object of the node: some 20 ms at 40,000. A tombstone that has served is none."""
    told = Q(report__revision=F("revision"))
    served = told & Q(spec__isnull=True, report__state="live")
    counted = DesiredObject.objects.filter(node=node).aggregate(
        rows=Count("pk"),
        served=Count("pk", filter=served),
        heard=Count("pk", filter=told),
        failed=Count("pk", filter=told & Q(report__state="failed")),
        drifted=Count("pk", filter=told & Q(report__state="drift")),
    )
    return NodeStatus(
        name=node.name,
        last_contact=node.contact.last_contact,
        objects=counted["rows"] - counted["served"],
        pending=counted["rows"] - counted["heard"],
        failed=counted["failed"],
        drifted=counted["drifted"],
        errors=tuple(failures(node)) if counted["failed"] else (),
        parked=node.contact.parked,
        held=node.contact.held,
    )


@rows.staff()
def failures(node: Node) -> list[Failure]:
    """Objects that the node could not bring about, the first MOST_SHOWN by kind and key."""
    rows = DesiredObject.objects.filter(node=node, report__revision=F("revision"), report__state="failed")
    found = rows.order_by("kind", "key").values_list("kind", "key", "report__words")[:MOST_SHOWN]
    return [Failure(kind, key, words) for kind, key, words in found]


@rows.staff()
def failed(node: Node, kind: str, keys: Iterable[str]) -> list[Failure]:
    """Those of these objects that the node could not bring about, by key."""
    rows = DesiredObject.objects.filter(
        node=node, kind=kind, key__in=list(keys), report__revision=F("revision"), report__state="failed"
    )
    return [Failure(kind, key, words) for key, words in rows.order_by("key").values_list("key", "report__words")]


@rows.staff()
def waiting(node: Node) -> list[tuple[str, str]]:
    """Kind and key of what the node was told and has not answered yet, the first MOST_SHOWN in the order of their changes."""
    rows = DesiredObject.objects.filter(node=node).exclude(report__revision=F("revision")).order_by("revision")
    return list(rows.values_list("kind", "key")[:MOST_SHOWN])


@rows.staff()
def events(node: Node) -> list[NodeEvent]:
    """What happened to the node, the newest MOST_SHOWN first."""
    return list(NodeEvent.objects.filter(node=node).order_by("-at", "-pk")[:MOST_SHOWN])


def last_preview(node: Node) -> Preview | None:
    """The last wish to see what the node would change, with the end of its answer if it has come."""
    return Preview.objects.filter(node=node).select_related("end").order_by("-pk").first()


def progress(node: int, kind: str, key: str, revision: int) -> Progress:
    """How far a change is."""
    return progress_of([(node, kind, key, revision)])[0]


@rows.staff()
def progress_of(changes: Sequence[tuple[int, str, str, int]]) -> list[Progress]:
    """How far each change is, in their order: node, kind, key, revision. One query for each node and kind.

    A later change of the object answers for it; one whose tombstone was removed is done.
    """
    wanted: dict[tuple[int, str], set[str]] = {}
    for node, kind, key, _ in changes:
        wanted.setdefault((node, kind), set()).add(key)
    found: dict[tuple[int, str, str], Told] = {}
    for (node, kind), keys in wanted.items():
        rows = DesiredObject.objects.filter(node=node, kind=kind, key__in=keys).values_list(
            "key", "revision", "report__revision", "report__state", "report__words"
        )
        found |= {(node, kind, key): told for key, *told in rows}
    return [_progress(found.get((node, kind, key)), revision) for node, kind, key, revision in changes]


def _progress(told: Told | None, revision: int) -> Progress:
    if told is None:
        return Progress("live")
    now, heard, state, words = told
    if heard != now or now < revision:
        return Progress("pending")
    return Progress("failed", words) if state == "failed" else Progress("live", words)


def wait_until_live(node: int, kind: str, key: str, revision: int, timeout: float) -> Progress:
    """Wait for the node's word on this revision, at most `timeout` seconds. Not within a transaction: it would see nothing."""
    until = time.monotonic() + timeout
    connection.ensure_connection()
    connection.connection.execute("LISTEN reports")
    try:
        while (found := progress(node, kind, key, revision)).state == "pending" and time.monotonic() < until:
            list(connection.connection.notifies(timeout=min(POLL_SECONDS, until - time.monotonic()), stop_after=1))
    finally:
        connection.connection.execute("UNLISTEN reports")
    return found


@rows.staff()
def findings(node: Node, kind: str, keys: Iterable[str]) -> dict[str, dict[str, list[str] | int]]:
    """Key -> what the node measured of that object last (Kind.findings); objects of which it said nothing are left out."""
    rows = ObjectReport.objects.filter(
        target__node=node, target__kind=kind, target__key__in=list(keys), target__spec__isnull=False
    )
    return dict(rows.exclude(findings={}).values_list("target__key", "findings"))


def moves() -> int:
    """How often names or addresses of machines have changed, in the whole house."""
    return Node.objects.aggregate(last=Max("moved"))["last"] or 0


def hosts() -> list[str]:
    """The machines' own names, by number."""
    return list(Node.objects.exclude(host="").order_by("pk").values_list("host", flat=True))


def addresses() -> list[str]:
    """Of all machines, IPv4 and IPv6."""
    return [address for pair in Node.objects.values_list("ipv4", "ipv6") for address in pair if address]


def below(name: str) -> list[Node]:
    """Machines whose own names lie below this one."""
    return list(Node.objects.filter(host__endswith=f".{name}").order_by("pk"))


def php_versions(node: Node) -> list[str]:
    """What the node says it has; empty until it has said so."""
    return list(node.contact.facts.get("php", []))


def sftp_fingerprints(node: Node) -> list[tuple[str, str]]:
    """Algorithm and fingerprint of each key that SFTP clients know the node by, as it says; empty until it has said so."""
    parts = (text.partition(" ") for text in node.contact.facts.get("sftp", []))
    return [(algorithm, fingerprint) for algorithm, _space, fingerprint in parts]


def node_names() -> list[str]:
    """Of all, for whoever chooses one."""
    return list(Node.objects.order_by("name").values_list("name", flat=True))


def find_node(actor: Actor, text: str) -> Node | None:
    """By name. Nodes are the operator's."""
    return Node.objects.filter(name=text).first() if reaches(actor, FOR_SALE) else None


NodeRef = Annotated[Node, Reference("node", find_node, lambda row: FOR_SALE, "name of the node")]


@collection("nodes", permission="nodes.manage", order=("name",), shown=lambda row: {"node": row.name, "host": row.host})
def nodes(ask: Ask) -> QuerySet[Node]:
    """The machines that serve customers."""
    return Node.objects.none() if ask.scopes else Node.objects.filter(name__contains=ask.search)  # they are the house's
