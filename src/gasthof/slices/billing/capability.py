"""The sign on the door of billing."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.kernel.permissions import Role
from gasthof.slices.billing.cards import money
from gasthof.slices.billing.queries import COLLECT, MANAGE, READ, waiting_number

PANEL: frozenset[Role] = frozenset({"system"})

CAPABILITY = Capability(
    "billing",
    permissions={READ: OWNERS, MANAGE: OPERATORS, COLLECT: PANEL},
    titles={READ: "See invoices and payments"},
    cards={READ: money},
    pages=(
        Page(
            "Incoming payments", "billing:waiting", MANAGE, "house", "landmark", section="money", waiting=waiting_number
        ),
        Page("Our data on invoices", "billing:house", MANAGE, "house", "building-2", section="money"),
        Page("Invoices", "billing:invoices", READ, "customer", "receipt", whole=True, section="centre"),
    ),
    roles={"accountant": frozenset({READ}), "read only": frozenset({READ})},
)
