"""The sign on the door of domains."""

from gasthof.kernel.capability import OWNERS, Capability
from gasthof.slices.domains import actions
from gasthof.slices.domains.apply import apply

CAPABILITY = Capability(
    "domains",
    permissions={"domains.write": OWNERS, "domains.read": OWNERS},
    roles={role: frozenset({"domains.read"}) for role in ("webmaster", "mail administrator", "read only")},
    subscription_removed=actions.remove_all,
    export=actions.export,
    restore=actions.restore,
    apply=apply,
)
