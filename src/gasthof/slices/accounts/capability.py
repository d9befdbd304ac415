"""The sign on the door of accounts."""

from gasthof.kernel.capability import OPERATORS, OWNERS, RESELLERS, Capability, Page
from gasthof.slices.accounts.audit import last
from gasthof.slices.accounts.queries import is_customer

CAPABILITY = Capability(
    "accounts",
    permissions={
        "accounts.manage": RESELLERS,
        "accounts.resellers": OPERATORS,
        "accounts.read": OWNERS,
        "accounts.audit": OWNERS,
        "accounts.write": OWNERS,
    },
    titles={
        "accounts.read": "See the customer’s data",
        "accounts.audit": "See the audit trail",
        "accounts.write": "Change the customer’s data",
    },
    roles={"accountant": frozenset({"accounts.read"}), "read only": frozenset({"accounts.read"})},
    pages=(
        Page("Customers", "accounts:customers", "accounts.manage", "house", "users"),
        Page("Audit trail", "accounts:trail", "accounts.audit", "house", "scroll-text"),
        Page("Customer", "accounts:customer", "accounts.read", "customer", "contact-round", whole=True),
        Page("Audit trail", "accounts:customer_trail", "accounts.audit", "customer", "scroll-text", whole=True),
    ),
    cards={"accounts.audit": last},
    is_customer=is_customer,
)
