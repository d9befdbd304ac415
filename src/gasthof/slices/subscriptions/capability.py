"""The sign on the door of subscriptions."""

from gasthof.kernel.capability import OPERATORS, OWNERS, RESELLERS, Capability, Page
from gasthof.slices.subscriptions.queries import find_subscription, home_health

CAPABILITY = Capability(
    "subscriptions",
    permissions={
        "subscriptions.manage": RESELLERS,
        "subscriptions.plans": OPERATORS,
        "subscriptions.read": OWNERS,
        "subscriptions.withhold": OPERATORS,
    },
    titles={"subscriptions.read": "See subscriptions"},
    roles={
        role: frozenset({"subscriptions.read"})
        for role in ("webmaster", "mail administrator", "accountant", "read only")
    },
    pages=(
        Page("Subscriptions", "subscriptions:all", "subscriptions.manage", "house", "layers"),
        Page("Plans", "subscriptions:plans", "subscriptions.plans", "house", "tags"),
        Page("Subscriptions", "subscriptions:of_customer", "subscriptions.read", "customer", "layers", whole=True),
        Page("Overview", "subscriptions:subscription", "subscriptions.read", "subscription", "gauge", whole=True),
    ),
    health=home_health,
    find_subscription=find_subscription,
)
