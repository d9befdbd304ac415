"""The sign on the door of nodes."""

from gasthof.kernel.call import Awaited
from gasthof.kernel.capability import OPERATORS, Capability, Waited
from gasthof.slices.nodes.queries import wait_until_live


def wait(change: Awaited, seconds: float) -> Waited:
    """For the command line: what became of a change."""
    progress = wait_until_live(change.node, change.kind, change.key, change.revision, seconds)
    return Waited(change.kind, change.key, progress.state, progress.words)


CAPABILITY = Capability("nodes", permissions={"nodes.manage": OPERATORS}, wait=wait)
