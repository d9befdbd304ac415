"""The sign on the door of cards."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability, Page
from gasthof.slices.cards.offering import ways_to_pay
from gasthof.slices.cards.queries import MANAGE, PAY

CAPABILITY = Capability(
    "cards",
    permissions={PAY: OWNERS, MANAGE: OPERATORS},
    titles={PAY: "Pay proforma invoices by card"},
    pages=(Page("Card payments", "cards:payments", MANAGE, "house", "credit-card", section="money"),),
    roles={"accountant": frozenset({PAY})},
    ways_to_pay=ways_to_pay,
)
