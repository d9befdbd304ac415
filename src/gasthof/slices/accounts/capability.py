"""The sign on the door of accounts."""

from gasthof.kernel.capability import OPERATORS, OWNERS, RESELLERS, Capability
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
    is_customer=is_customer,
)
