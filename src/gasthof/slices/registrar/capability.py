"""The sign on the registrar's door."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.slices.registrar.queries import MANAGE, READ, WRITE, waiting_number

CAPABILITY = Capability(
    "registrar",
    permissions={READ: OWNERS, WRITE: OWNERS, MANAGE: OPERATORS},
    titles={READ: "See registered domain names", WRITE: "Register, renew, move and cancel domain names"},
    pages=(
        Page("Domain names", "registrar:names", READ, "customer", "book-marked", whole=True, section="centre"),
        Page(
            "Registry operations", "registrar:operations", MANAGE, "house", "arrow-left-right", waiting=waiting_number
        ),
    ),
    roles={"read only": frozenset({READ})},
)
