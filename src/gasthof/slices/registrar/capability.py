"""The sign on the registrar's door."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability
from gasthof.slices.registrar.queries import MANAGE, READ, WRITE

CAPABILITY = Capability(
    "registrar",
    permissions={READ: OWNERS, WRITE: OWNERS, MANAGE: OPERATORS},
    titles={READ: "See registered domain names", WRITE: "Register, renew, move and cancel domain names"},
    roles={"read only": frozenset({READ})},
)
