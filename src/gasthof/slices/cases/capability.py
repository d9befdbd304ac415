"""The sign on the door of cases."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.slices.cases.cards import cases
from gasthof.slices.cases.queries import MANAGE, READ, WRITE, waiting_number, withholds
from gasthof.slices.cases.settling import performed, unlock_paid

CAPABILITY = Capability(
    "cases",
    permissions={READ: OWNERS, WRITE: OWNERS, MANAGE: OPERATORS},
    titles={READ: "See cases of breach and security", WRITE: "Report what is mended"},
    roles={"read only": frozenset({READ})},
    cards={READ: cases},
    pages=(
        Page("Cases", "cases:cases", MANAGE, "house", "triangle-alert", section="centre", waiting=waiting_number),
        Page("Cases", "cases:of_customer", READ, "customer", "triangle-alert", whole=True, section="centre"),
    ),
    withholds=withholds,
    performed=performed,
    day_began=unlock_paid,
)
