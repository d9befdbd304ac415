"""The slices of this house, in rank order: a slice may import those before it."""

SLICES = (
    "accounts",
    "nodes",
    "subscriptions",
    "domains",
    "dns",
    "web",
    "mail",
    "ftp",
    "databases",
    "access",
    "webhooks",
    "registrar",
    "lifecycle",
    "billing",
    "cards",
    "renewals",
    "notices",
    "cases",
    "requests",
)
