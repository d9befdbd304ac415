"""The sign on the door of billing."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability
from gasthof.slices.billing.queries import MANAGE, READ

CAPABILITY = Capability(
    "billing",
    permissions={READ: OWNERS, MANAGE: OPERATORS},
    titles={READ: "See invoices and payments"},
    roles={"accountant": frozenset({READ}), "read only": frozenset({READ})},
)
