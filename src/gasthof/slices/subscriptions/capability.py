"""The sign on the door of subscriptions."""

from gasthof.kernel.capability import OPERATORS, OWNERS, RESELLERS, Capability
from gasthof.slices.subscriptions.queries import find_subscription, home_health

CAPABILITY = Capability(
    "subscriptions",
    permissions={
        "subscriptions.manage": RESELLERS,
        "subscriptions.plans": OPERATORS,
        "subscriptions.read": OWNERS,
    },
    roles={
        role: frozenset({"subscriptions.read"})
        for role in ("webmaster", "mail administrator", "accountant", "read only")
    },
    health=home_health,
    find_subscription=find_subscription,
)
