"""The sign on the door of nodes."""

from gasthof.kernel.capability import OPERATORS, Capability

CAPABILITY = Capability("nodes", permissions={"nodes.manage": OPERATORS})
