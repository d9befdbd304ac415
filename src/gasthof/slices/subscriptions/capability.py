"""The sign on the door of subscriptions."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability
from gasthof.slices.subscriptions.queries import home_health

CAPABILITY = Capability(
    "subscriptions",
    permissions={
        "subscriptions.manage": OPERATORS,
        "subscriptions.plans": OPERATORS,
        "subscriptions.read": OWNERS,
    },
    health=home_health,
)
