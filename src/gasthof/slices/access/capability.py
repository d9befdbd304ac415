"""The sign on the door of access."""

from gasthof.kernel.capability import OPERATORS, OWNERS, RESELLERS, Capability, Page
from gasthof.slices.access import own, queries, record, roles
from gasthof.slices.access.apply import apply
from gasthof.slices.access.tokens import bearer

CAPABILITY = Capability(
    "access",
    permissions={
        "access.operators": OPERATORS,
        "access.act": RESELLERS,
        "access.members": OWNERS,
        "access.tokens": OWNERS,
    },
    deeds=record.DEEDS,
    titles={"access.tokens": "Make tokens for programs", "access.members": "Let people in and give them roles"},
    pages=(
        Page("Users", "access_users", "access.members", "customer", "users"),
        Page("Roles", "access_roles", "access.members", "customer", "user-cog"),
        Page("Operators", "access_operators", "access.operators", "house", "shield-user"),
        Page("Tokens for programs", "access_tokens", "access.tokens", "account", "key-round"),
    ),
    apply=apply,
    called=queries.called,
    named=queries.named,
    subscription_removed=roles.forget_subscription,
    domain_removed=roles.forget_domain,
    mailbox_removed=roles.forget_mailbox,
    bearer=bearer,
    speaks=own.speaks,
)
