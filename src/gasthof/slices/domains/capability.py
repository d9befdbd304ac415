"""The sign on the door of domains."""

from gasthof.kernel.capability import OWNERS, Capability
from gasthof.slices.domains import actions

CAPABILITY = Capability(
    "domains",
    permissions={"domains.write": OWNERS, "domains.read": OWNERS},
    titles={"domains.read": "See domains", "domains.write": "Add and delete domains"},
    roles={role: frozenset({"domains.read"}) for role in ("webmaster", "mail administrator", "read only")},
    subscription_removed=actions.remove_all,
    export=actions.export,
    restore=actions.restore,
)
