"""The sign on the door of renewals."""

from gasthof.kernel.capability import OPERATORS, Capability, Page
from gasthof.slices.renewals import asking, unpriced
from gasthof.slices.renewals.doors import outlooks, service_doors
from gasthof.slices.renewals.queries import MANAGE, in_words
from gasthof.slices.renewals.telling import alarms, day_began, performed

CAPABILITY = Capability(
    "renewals",
    permissions={MANAGE: OPERATORS},
    pages=(Page("Prices", "renewals:prices", MANAGE, "house", "receipt", section="money"),),
    performed=performed,
    day_began=day_began,
    renewal_price=in_words,
    fee_known=asking.soon,
    service_doors=service_doors,
    alarms=alarms,
    unpayable=unpriced.unpayable,
    outlooks=outlooks,
)
