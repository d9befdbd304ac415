"""The sign on the door of webhooks."""

from gasthof.kernel.capability import OWNERS, Capability, Page
from gasthof.slices.webhooks.queries import MANAGE
from gasthof.slices.webhooks.telling import note

CAPABILITY = Capability(
    "webhooks",
    permissions={MANAGE: OWNERS},
    titles={MANAGE: "Have what happens sent to an address (webhooks)"},
    pages=(Page("Webhooks", "webhooks:webhooks", MANAGE, "account", "webhook"),),
    performed=note,
)
