"""The sign on the door of subscriptions."""

from gasthof.kernel.capability import OPERATORS, Capability

CAPABILITY = Capability(
    "subscriptions", permissions={"subscriptions.manage": OPERATORS, "subscriptions.plans": OPERATORS}
)
