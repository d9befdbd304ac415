"""The sign on the door of access."""

from gasthof.kernel.capability import OPERATORS, OWNERS, Capability
from gasthof.slices.access import roles
from gasthof.slices.access.tokens import bearer

CAPABILITY = Capability(
    "access",
    permissions={"access.operators": OPERATORS, "access.members": OWNERS, "access.tokens": OWNERS},
    subscription_removed=roles.forget_subscription,
    domain_removed=roles.forget_domain,
    mailbox_removed=roles.forget_mailbox,
    bearer=bearer,
)
