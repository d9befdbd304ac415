"""Writing what nodes should hold, in the caller's transaction (docs/change-protocol.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from django.db import connection

from gasthof.agent.wire import bucket_of

Key = tuple[str, str]  # kind and key of an object

EPOCH_STEP = 1_000_000_000  # no history lost with a database has given out that many revisions


@dataclass(frozen=True)
class Desired:
    """What one object should be; without a spec it should not be."""

    kind: str
    key: str
    spec_version: int
    spec: str | None  # canonical JSON


def put_desired(node_id: int, changes: Iterable[Desired]) -> Mapping[Key, int]:
    """Lock the node, give revisions to what differs, wake it at commit. Each object's revision now, tombstones' included.

    Needs an open transaction, and should come last in it: the lock is held until its end.
    """
    last = {(change.kind, change.key): change for change in changes}
    if not last:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT put_kind, put_key, put_revision FROM nodes_put(%s, %s, %s, %s, %s, %s)", [
            node_id,
            [change.kind for change in last.values()],
            [change.key for change in last.values()],
            [change.spec_version for change in last.values()],
            [change.spec for change in last.values()],
            [bucket_of(*key) for key in last],
        ])  # fmt: skip
        return {(kind, key): revision for kind, key, revision in cursor.fetchall()}


def send_again(node_id: int, where: LiteralString, values: Sequence[Any] = (), *, leap: bool = False) -> int:
    """Give new revisions to the node's objects (alias d) for which the SQL condition `where` holds, and wake it. How many.

    `leap` goes to the next multiple of EPOCH_STEP first, above whatever a history that was lost may have given out.
    """
    chosen = f"FROM nodes_desiredobject d WHERE d.node_id = %s AND ({where})"
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision, db_role FROM nodes_node WHERE id = %s FOR NO KEY UPDATE", [node_id])
        revision, role = cursor.fetchone()
        base = (revision // EPOCH_STEP + 1) * EPOCH_STEP if leap else revision
        # In the order in which nodes_put locks them.
        lock = f"SELECT count(*) FROM (SELECT {chosen} ORDER BY d.kind, d.key FOR NO KEY UPDATE) locked"  # noqa: S608
        cursor.execute(lock, [node_id, *values])
        cursor.execute(
            "UPDATE nodes_desiredobject o SET revision = %s + c.nth"  # noqa: S608 - `where` is this slice's own
            f" FROM (SELECT d.id, row_number() OVER (ORDER BY d.revision) AS nth {chosen}) c WHERE o.id = c.id",
            [base, node_id, *values],
        )
        count = int(cursor.rowcount)
        cursor.execute("UPDATE nodes_node SET revision = %s WHERE id = %s", [base + count, node_id])
        cursor.execute("SELECT pg_notify(%s, '')", [role])
    return count
