"""The sign on the door of notices."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.slices.notices.cards import notices
from gasthof.slices.notices.queries import MANAGE, READ
from gasthof.slices.notices.telling import performed, tell

CAPABILITY = Capability(
    "notices",
    permissions={READ: OWNERS, MANAGE: OPERATORS},
    titles={READ: "Read notices of what will happen to services"},
    cards={READ: notices},
    pages=(
        Page("Notices", "notices:everybodys", MANAGE, "house", "mail-warning", section="centre"),
        Page("Notices", "notices:notices", READ, "customer", "mail-warning", whole=True, section="centre"),
    ),
    roles={"accountant": frozenset({READ}), "read only": frozenset({READ})},
    performed=performed,
    day_began=tell,
)
