"""The sign on the door of nodes."""

from collections.abc import Sequence

from gasthof.kernel.call import Awaited
from gasthof.kernel.capability import OPERATORS, Capability, Page, Waited
from gasthof.slices.nodes.queries import progress_of, wait_until_live


def wait(change: Awaited, seconds: float) -> Waited:
    """For the command line: what became of a change."""
    progress = wait_until_live(change.node, change.kind, change.key, change.revision, seconds)
    return Waited(change.kind, change.key, progress.state, progress.words)


def progress(changes: Sequence[Awaited]) -> list[Waited]:
    """For pages: what has become of them until now."""
    found = progress_of([(each.node, each.kind, each.key, each.revision) for each in changes])
    return [Waited(each.kind, each.key, one.state, one.words) for each, one in zip(changes, found, strict=True)]


CAPABILITY = Capability(
    "nodes",
    permissions={"nodes.manage": OPERATORS},
    pages=(Page("Servers", "nodes:nodes", "nodes.manage", "house", "server"),),
    wait=wait,
    progress=progress,
)
